// Requests to the server. It remembers nothing: every request has the scene.

import { say } from './texts.js';

const MAX_BODY = 4 * 2 ** 20; // Bytes that the server reads.

const token = location.hash.slice(1);
addEventListener('hashchange', () => location.reload()); // Another token.
// Keys that only this page has: its older requests are dropped by them. What is
// taken along has one of its own, so as not to drop what the page waits for.
export const page = newKey();
const takes = newKey();

function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}

// The server refuses the request and says why.
export class Refused extends Error {}

// The server, or the network, does not answer now.
class Away extends Error {}

let models = null; // Those that the server has, as a key.
let onOthers = () => {};

// What to do when a server with other models comes to this address.
export function onOtherModels(act) { onOthers = act; }

export function show(text) {
  const line = document.getElementById('message');
  line.textContent = text;
  line.hidden = !text;
}

async function ask(path, body) {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const options = { cache: 'no-store', headers };
  if (body !== undefined) {
    headers['Content-Type'] = 'application/json';
    Object.assign(options, { method: 'POST', body: JSON.stringify(body) });
    if (options.body.length > MAX_BODY) throw new Refused(say('too_long'));
  }
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    throw new Away(String(error));
  }
  if (response.status >= 500) throw new Away(response.status);
  if (response.status === 401 || response.status === 403) {
    throw new Refused(say('no_access'));
  }
  models ??= response.headers.get('studio');
  if (response.headers.get('studio') !== models) await onOthers();
  if (response.ok) return response;
  if (response.status === 413) throw new Refused(say('too_long'));
  const { error } = await response.json().catch(() => ({}));
  throw new Refused(error === 'malformed' ? say(error)
    : error ?? String(response.status));
}

function wait(milliseconds) {
  return new Promise((resolve) => { setTimeout(resolve, milliseconds); });
}

// Calls `attempt` until the server is there; the page keeps the work meanwhile.
async function patiently(attempt) {
  for (let delay = 300; ; delay = Math.min(2 * delay, 4000)) {
    try {
      const result = await attempt();
      if (delay > 300) show('');
      return result;
    } catch (error) {
      if (!(error instanceof Away)) throw error;
      show(say('away'));
      await wait(delay);
    }
  }
}

export async function getJson(path) {
  return (await patiently(() => ask(path))).json();
}

export async function postJson(path, body) {
  return (await patiently(() => ask(path, body))).json();
}

// A file to take along, or null if it was asked for again meanwhile.
export async function takeFile(path, body) {
  const answer = await patiently(() => ask(path, { page: takes, ...body }));
  return answer.status === 204 ? null : answer.blob();
}

let numBusy = 0;

// What screen readers wait for: the pictures are going to be others.
export async function busy(act) {
  const change = (by) => {
    numBusy += by;
    document.getElementById('stage').ariaBusy = String(numBusy > 0);
  };
  change(1);
  try {
    return await act();
  } finally {
    change(-1);
  }
}

// A function that does `work(send)` again and again, never twice at a time:
// calls during one lead to a single one after it, which sees the latest state.
export function latest(work, onRefused) {
  let isRunning = false;
  let isAskedAgain = false;
  return async function run() {
    isAskedAgain = true;
    if (isRunning) return;
    isRunning = true;
    await busy(async () => {
      while (isAskedAgain) {
        isAskedAgain = false;
        await patiently(() => work(ask)).catch((error) => {
          if (!(error instanceof Refused)) throw error;
          onRefused(error.message);
        });
      }
    }).finally(() => { isRunning = false; });
  };
}

export function download(blob, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}
