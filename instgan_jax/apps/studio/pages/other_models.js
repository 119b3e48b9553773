// A server that comes back with other models, under an open page.

import { show } from './connection.js';
import { keep, recall } from './storage.js';
import { say } from './texts.js';
import * as work from './work.js';

// Loads the page anew, with what the server has now and with the work.
export function beginAgain() {
  if (!work.save()) { // The browser keeps nothing for this page.
    show(say('reload'));
    return null;
  }
  location.reload();
  return new Promise(() => {}); // Nothing comes after it here.
}

// Says which models came in the place of which, if they did.
export function compare(models) {
  const names = models.map(({ name, method, step }) => (
    [name, method, ...(step === null ? [] : [step])].join(' · '))).join(', ');
  const now = { names, keys: models.map(({ key }) => key).join() };
  const before = JSON.parse(recall('models', 'sessionStorage'));
  keep('models', JSON.stringify(now), 'sessionStorage');
  if (before && before.keys !== now.keys) {
    show(say('other_models', { before: before.names, now: names }));
  }
}
