// One question: two images, one answer, one time.

import { getImage, postShown } from './connection.js';

const SIDES = ['left', 'right'];
const KEYS = {
  ArrowLeft: 'left', f: 'left', F: 'left',
  ArrowRight: 'right', j: 'right', J: 'right',
};
const COLUMN_KEYS = { ArrowUp: 'left', ArrowDown: 'right' };
const GAP = 16;
const loaded = new Map(); // Address -> promise of a decoded image.

export function pause(milliseconds) {
  return new Promise((resolve) => { setTimeout(resolve, milliseconds); });
}

function load(address, texts) {
  if (!loaded.has(address)) {
    loaded.set(address, (async () => {
      const image = new Image();
      image.src = URL.createObjectURL(await getImage(address, texts));
      image.draggable = false;
      image.alt = '';
      await image.decode();
      return image;
    })());
  }
  return loaded.get(address);
}

export function preload(addresses, texts) {
  for (const side of SIDES) load(addresses[side], texts).catch(() => {});
}

function forget(addresses) {
  for (const side of SIDES) {
    loaded.get(addresses[side])?.then((image) => URL.revokeObjectURL(image.src));
    loaded.delete(addresses[side]);
  }
}

// Resolves after the browser has painted the current page: the
// second callback runs once the frame of the first is done.
function painted() {
  return new Promise((resolve) => {
    requestAnimationFrame(() => requestAnimationFrame(resolve));
  });
}

// Side by side or one above the other, whichever leaves the images larger;
// never larger than natural size.
function layout({ width, height }, pair) {
  const room = { width: pair.clientWidth - 8, height: pair.clientHeight - 4 };
  const scales = {
    row: Math.min(
      1, (room.width - GAP) / 2 / width, room.height / height,
    ),
    column: Math.min(
      1, room.width / width, (room.height - GAP) / 2 / height,
    ),
  };
  const name = scales.row >= scales.column ? 'row' : 'column';
  return { name, scale: Math.max(scales[name], 0.01) };
}

function resize(question, pair, images) {
  const { name, scale } = layout(question, pair);
  pair.className = `pair ${name}`;
  for (const image of images) {
    image.width = question.width * scale;
    image.height = question.height * scale;
  }
  return { layout: name, scale };
}

function line(text, className) {
  const made = document.createElement('p');
  made.textContent = text;
  made.className = className;
  return made;
}

function build(page, images, prompt, texts) {
  const pair = document.createElement('div');
  pair.className = 'pair';
  images.forEach((image, i) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'side';
    button.dataset.side = SIDES[i];
    button.setAttribute('aria-label', texts[SIDES[i]]);
    button.append(image);
    pair.append(button);
  });
  page.className = 'question';
  page.replaceChildren(
    line(prompt, 'prompt'), pair, line(texts.keys, 'keys'),
  );
  return pair;
}

// Waits for the first choice, or for the limit. The time is that of the event
// itself: when the button or key went down.
function choose(pair, view, shownAt, limit) {
  return new Promise((resolve) => {
    let timer = null;
    let down = null;
    const end = new AbortController();
    const { signal } = end;
    const answer = (choice, at) => {
      if (signal.aborted) return;
      end.abort();
      clearTimeout(timer);
      const late = limit !== null && at - shownAt > limit;
      resolve(late || choice === 'none'
        ? { choice: 'none', response_ms: limit }
        : { choice, response_ms: Math.max(0, at - shownAt) });
    };
    for (const button of pair.children) {
      button.addEventListener('pointerdown', (event) => {
        down = { button, at: event.timeStamp };
      }, { signal });
      button.addEventListener('click', (event) => {
        const at = down?.button === button ? down.at : event.timeStamp;
        // A press before the images were painted is no choice.
        if (at >= shownAt) answer(button.dataset.side, at);
      }, { signal });
    }
    window.addEventListener('keydown', (event) => {
      if (event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
      const columnKeys = view.layout === 'column' ? COLUMN_KEYS : {};
      const choice = KEYS[event.key] ?? columnKeys[event.key];
      if (!choice || event.timeStamp < shownAt) return;
      event.preventDefault();
      answer(choice, event.timeStamp);
    }, { signal });
    if (limit !== null) {
      const left = limit - (performance.now() - shownAt);
      timer = setTimeout(() => answer('none', shownAt + limit), left);
    }
  });
}

// Shows a question and resolves to the body of its answer.
export async function ask(page, state, prompt, texts) {
  const { question, next } = state;
  const images = await Promise.all(
    SIDES.map((side) => load(question[side], texts)),
  );
  await Promise.all(images.map((image) => image.decode()));
  const pair = build(page, images, prompt, texts);
  const view = resize(question, pair, images);
  const end = new AbortController();
  let hidden = document.hidden;
  window.addEventListener('resize', () => {
    Object.assign(view, resize(question, pair, images));
  }, { signal: end.signal });
  document.addEventListener('visibilitychange', () => {
    hidden ||= document.hidden;
  }, { signal: end.signal });
  await painted();
  const shownAt = performance.now();
  const told = postShown(question.number);
  if (next) preload(next, texts);
  const limit = question.time_limit === null ? null : 1000 * question.time_limit;
  pair.dataset.shown = ''; // From here on it takes answers.
  const choice = await choose(pair, view, shownAt, limit);
  end.abort();
  page.replaceChildren();
  forget(question);
  await told; // So that this showing is counted before the answer.
  return {
    question: question.number,
    ...choice,
    hidden,
    ...view,
    pixel_ratio: window.devicePixelRatio,
    viewport: `${window.innerWidth}x${window.innerHeight}`,
  };
}
