// The work: the scene with its edits and styles, and the way back.
//
// The page alone keeps it. A step is never changed, only followed by another.

import { keep, recall } from './storage.js';

const MAX_EARLIER = 24;

let steps = []; // { scene, locked, key, number }
let now = -1;
let count = 0;
const earlier = new Map(); // Recipes that an instance had, by its id.
const listeners = [];
let saving = 0;

export const state = { selected: null };

export function onChange(listener) { listeners.push(listener); }

function tell() {
  clearTimeout(saving);
  saving = setTimeout(save, 300);
  for (const listener of listeners) listener();
}

// Whether a reload brings the work back.
export function save() {
  return now < 0 || keep('work', JSON.stringify(toFile()), 'sessionStorage');
}

addEventListener('pagehide', save);

export function saved() {
  return JSON.parse(recall('work', 'sessionStorage'));
}

export function scene() { return steps[now].scene; }
export function step() { return steps[now].number; }
export function canUndo() { return now > 0; }
export function canRedo() { return now < steps.length - 1; }
export function isLocked(id) { return steps[now].locked.includes(id); }

// Begins another scene; the way back ends here.
export function begin({ name, base, edits = [], seed = 0, styles = {} },
  locked = []) {
  count += 1;
  steps = [{
    scene: { name, base, edits, seed, styles }, locked, key: '', number: count,
  }];
  now = 0;
  earlier.clear();
  state.selected = null;
  tell();
}

// Goes on from here. Steps of one key after each other, as those of a slider,
// count as one.
function follow(change, key = '') {
  const last = steps[now];
  const next = { ...last, ...change, key };
  if (!key || key !== last.key) {
    now += 1;
    count += 1;
    next.number = count;
  }
  steps.length = now;
  steps.push(next);
  tell();
}

// Forgets the last step, which the server refused.
export function takeBack() {
  if (!canUndo()) return;
  steps.length = now;
  now -= 1;
  tell();
}

export function undo() {
  if (canUndo()) { now -= 1; tell(); }
}

export function redo() {
  if (canRedo()) { now += 1; tell(); }
}

// Another edit of the layout. One that continues the last one takes its place.
export function edit(made, key = '') {
  const { edits } = scene();
  const isMore = key && key === steps[now].key;
  const kept = isMore ? edits.slice(0, -1) : edits;
  follow({ scene: { ...scene(), edits: [...kept, made] } }, key);
}

export function recipe(id) {
  return scene().styles[id] ?? { seed: scene().seed };
}

// The recipe for another instance: a seed's style of *this* one.
export function portable(id, given = recipe(id)) {
  if (given.mix) {
    return { ...given, mix: given.mix.map((part) => portable(id, part)) };
  }
  return 'seed' in given ? { seed: given.seed, of: given.of ?? id } : given;
}

export function setStyles(recipes, key = '') {
  const isMore = key && key === steps[now].key;
  for (const [id, given] of Object.entries(recipes)) {
    if (!isMore) remember(id, recipe(id)); // Not each step of a slider.
    if (!given.mix) remember(id, given);
  }
  const styles = { ...scene().styles, ...recipes };
  follow({ scene: { ...scene(), styles } }, key);
}

export function setLocked(id, isLockedNow) {
  const others = steps[now].locked.filter((other) => other !== id);
  follow({ locked: isLockedNow ? [...others, id] : others });
}

export function newSeed() {
  return crypto.getRandomValues(new Uint32Array(1))[0] % 1000000;
}

// New styles for those of some instances that are not locked.
export function renew(ids) {
  const free = ids.filter((id) => !isLocked(id));
  if (!free.length) return;
  setStyles(Object.fromEntries(free.map((id) => [id, { seed: newSeed() }])));
}

export function remember(id, given) {
  const list = earlier.get(String(id)) ?? [];
  const text = JSON.stringify(given);
  if (list.some((other) => JSON.stringify(other) === text)) return;
  list.push(given);
  while (list.length > MAX_EARLIER) list.shift();
  earlier.set(String(id), list);
}

export function earlierStyles(id) {
  return earlier.get(String(id)) ?? [];
}

export function toFile() {
  return { ...scene(), locked: steps[now].locked };
}
