// What is said to the server, again and again until it has heard it.

const base = location.pathname;

function say(text) {
  const line = document.getElementById('message');
  line.textContent = text;
  line.hidden = !text;
}

function wait(milliseconds) {
  return new Promise((resolve) => { setTimeout(resolve, milliseconds); });
}

// The response, unless the server or the network fails: then tries once more.
export async function request(path, options, message = '') {
  for (let delay = 500; ; delay = Math.min(2 * delay, 8000)) {
    try {
      const response = await fetch(path, { cache: 'no-store', ...options });
      if (response.status < 500) {
        say('');
        return response;
      }
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // TypeError: no network.
    }
    say(message);
    await wait(delay);
  }
}

function post(body) {
  return {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  };
}

export async function getJson(path) {
  const response = await request(path);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}

export async function postConsent(language) {
  await request(`${base}/consent`, post({ consent: true, language }));
  return getJson(`${base}/state`);
}

// Only tells the server's clock; the answer carries the browser's. Resolves
// when the server knows, or after a second: then the answer has to do.
export function postShown(question) {
  const told = fetch(`${base}/shown`, { ...post({ question }), keepalive: true });
  return Promise.race([told.catch(() => {}), wait(1000)]);
}

// The state after the answer. Sent again, an answer counts once; if another
// tab was faster, its answer stands and the state says what is due.
export async function postAnswer(answer, texts) {
  const response = await request(`${base}/answer`, post(answer), texts.saving);
  return response.ok ? response.json() : getJson(`${base}/state`);
}

export async function getPicture(path, texts) {
  const response = await request(path, {}, texts.missing);
  if (response.status === 404) location.reload(); // Another tab went on.
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.blob();
}
