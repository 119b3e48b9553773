// The language of the page, and small helpers to make its elements.

import { keep, recall } from './storage.js';

const LANGUAGES = { en: '日本語', ja: 'English' }; // What the switch offers.
let texts = {};
export let language = recall('language')
  ?? (navigator.language.startsWith('ja') ? 'ja' : 'en');

export async function setLanguage(chosen) {
  language = chosen;
  texts = await (await fetch(`/static/${chosen}.json`)).json();
  keep('language', chosen);
  document.documentElement.lang = chosen;
  document.getElementById('language').textContent = LANGUAGES[chosen];
  translate(document);
}

export function otherLanguage() {
  return language === 'en' ? 'ja' : 'en';
}

// The text of a key with {names} filled in.
export function say(key, values = {}) {
  return (texts[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

export function labelName(name) {
  return texts.labels?.[name] ?? name;
}

function translate(root) {
  for (const made of root.querySelectorAll('[data-text]')) {
    made.textContent = say(made.dataset.text);
  }
  for (const made of root.querySelectorAll('[data-label]')) {
    name(made, say(made.dataset.label));
  }
}

// What a screen reader says, and the mouse shows.
export function name(made, text) {
  made.setAttribute('aria-label', text);
  if (made.tagName !== 'MAIN' && made.tagName !== 'CANVAS') made.title = text;
}

// An element. Text is never markup: names come from files.
export function element(tag, options = {}, ...children) {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(options)) {
    if (key === 'text') made.textContent = value;
    else if (key === 'label') name(made, value);
    else if (key === 'on') made.addEventListener('click', value);
    else if (key in made && key !== 'list') made[key] = value;
    else made.setAttribute(key, value);
  }
  if (tag === 'button') made.type = 'button';
  made.append(...children);
  return made;
}

// Fills an element anew. What had the focus has it again, by its id; if it is
// gone, the pictures have it.
export function refill(root, ...parts) {
  const focused = document.activeElement;
  const isInside = root.contains(focused);
  root.replaceChildren(...parts);
  if (!isInside) return;
  const again = root.querySelector(`#${focused.id || 'none'}`);
  (again ?? document.getElementById('stage')).focus({ preventScroll: true });
}

const ICONS = {
  select: 'M5 3l14 8-6 1.5L10 19z',
  brush: 'M4 20c3 0 5-1 5-4a2.5 2.5 0 0 0-5 0c0 2-1 3-2 3.5 0 .3 1 .5 2 .5z'
    + 'M9.5 13.5L19 4l1.5 1.5-9.5 9.5z',
  fill: 'M4 11l7-7 7 7-7 7zM11 4L9 2M20 14c1.5 2 2 3 2 4a2 2 0 0 1-4 0c0-1 .5-2 2-4z',
  add: 'M3 15l2-5h10l2 5v4h-2v-2H5v2H3zM19 3v6M16 6h6',
  undo: 'M9 7L4 12l5 5M4 12h10a6 6 0 0 1 6 6v1',
  redo: 'M15 7l5 5-5 5M20 12H10a6 6 0 0 0-6 6v1',
  lock: 'M6 11h12v9H6zM8 11V8a4 4 0 0 1 8 0v3',
  open_lock: 'M6 11h12v9H6zM8 11V7a4 4 0 0 1 7.5-2',
  dice: 'M4 4h16v16H4zM8 8h.01M16 8h.01M12 12h.01M8 16h.01M16 16h.01',
  copy: 'M8 8h12v12H8zM4 16V4h12',
  paste: 'M6 5h12v16H6zM9 3h6v4H9zM9 12h6M9 16h6',
  photograph: 'M3 7h4l2-3h6l2 3h4v13H3zM12 10a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7',
  duplicate: 'M3 7h11v11H3zM10 3h11v11M17.5 6v6M14.5 9h6',
  flip: 'M12 3v18M9 7L3 17h6zM15 7l6 10h-6z',
  forward: 'M4 14h8v6H4zM9 5h11v11h-5M9 5v6',
  backward: 'M9 4h11v11H9zM6 10H3v10h10v-3',
  smaller: 'M5 12h14',
  larger: 'M5 12h14M12 5v14',
  remove: 'M5 7h14M10 3h4M7 7l1 14h8l1-14',
  film: 'M4 5h16v14H4zM8 5v14M16 5v14M4 12h4M16 12h4',
  theme: 'M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18',
  help: 'M9 9a3 3 0 1 1 4.5 2.6c-1 .6-1.5 1.2-1.5 2.4M12 18h.01',
};

export function icon(kind) {
  const space = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(space, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(space, 'path');
  path.setAttribute('d', ICONS[kind]);
  svg.append(path);
  return svg;
}
