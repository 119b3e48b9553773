// Requests to the server, repeated until it has answered.

const base = location.pathname;

function say(text) {
  const line = document.getElementById('message');
  line.textContent = text;
  line.hidden = !text;
}

function wait(milliseconds) {
  return new Promise((resolve) => { setTimeout(resolve, milliseconds); });
}

// The response. Repeats the request while the server or the network fails.
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

// Starts the server's clock; the answer carries the browser's time. Resolves
// when the server has answered, or after a second at most.
export function postShown(question) {
  const told = fetch(`${base}/shown`, { ...post({ question }), keepalive: true });
  return Promise.race([told.catch(() => {}), wait(1000)]);
}

// The state after the answer. An answer that is sent again counts once; if
// another tab was faster, its answer counts and the state says what is due.
export async function postAnswer(answer, texts) {
  const response = await request(`${base}/answer`, post(answer), texts.saving);
  return response.ok ? response.json() : getJson(`${base}/state`);
}

export async function getImage(path, texts) {
  const response = await request(path, {}, texts.missing);
  if (response.status === 404) location.reload(); // Another tab went on.
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.blob();
}
