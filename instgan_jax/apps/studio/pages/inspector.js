// The panel of the selected instance: its styles and its place in the layout.

import { download, Refused, takeFile } from './connection.js';
import { openLooks } from './looks.js';
import { element, icon, labelName, name, refill, say } from './texts.js';
import * as work from './work.js';

const SCALE = 1.15;
const thumbnails = new Map(); // Data URLs by instance and recipe.
let copied = null; // A recipe.
let ends = {}; // Of the slider: what its two lists have chosen, by id.
let context = {}; // { stage, models, hasToys, announce }
let isSliding = false; // The slider is held, and must stay the same element.

export function start(given) {
  context = given;
  for (const kind of ['pointerup', 'pointercancel']) {
    addEventListener(kind, () => {
      if (!isSliding) return;
      isSliding = false;
      setTimeout(render); // After its last event.
    });
  }
}

const key = (id, recipe) => `${id} ${JSON.stringify(recipe)}`;

// Keeps a small picture of the style that the selected instance has.
export function keepThumbnail(id, recipe) {
  if (context.stage.map.byId.get(id)?.area === 0) return; // Out of sight.
  thumbnails.set(key(id, recipe), context.stage.thumbnail(id));
  if (thumbnails.size > 600) thumbnails.delete(thumbnails.keys().next().value);
}

export function nameOf(id) {
  if (id === 0) return say('whole_image');
  const made = context.stage.map?.byId.get(id);
  const table = context.models[0].labels;
  return made ? `${labelName(table[made.label].name)} ${id}` : String(id);
}

// What keys and buttons do with the selected instance.
export const actions = {
  renew: () => withStyle((id) => work.renew([id])),
  lock: () => withStyle((id) => work.setLocked(id, !work.isLocked(id))),
  copy: () => withStyle((id) => {
    copied = work.portable(id);
    context.announce(say('copied', { name: nameOf(id) }));
    render();
  }),
  paste: () => withStyle((id) => {
    if (copied) work.setStyles({ [id]: copied });
  }),
  photograph: () => withInstance(({ id }) => {
    if (!hasEncoder() || work.isLocked(id)) return;
    const { stage: { map: { instances } }, hasToys, announce } = context;
    openLooks({ id, nameOf, instances, hasToys, announce });
  }),
  duplicate: () => withInstance(({ id, box: [t, l, h, w] }) => {
    const isLast = l + 1.5 * w > context.stage.map.width; // At the border.
    const by = (isLast ? -1 : 1) * Math.ceil(w / 2);
    work.edit({ do: 'copy', id, box: [t + 2, l + by, h, w] });
  }),
  flip: () => withInstance(({ id }) => work.edit({ do: 'flip', id })),
  forward: () => reorder(1),
  backward: () => reorder(-1),
  smaller: () => scale(1 / SCALE),
  larger: () => scale(SCALE),
  remove: () => withInstance(({ id }) => work.edit({ do: 'remove', id })),
};

export function move(down, right) {
  withInstance(({ id, box: [t, l, h, w] }) => {
    work.edit({ do: 'place', id, box: [t + down, l + right, h, w] },
      `move ${id}`);
  });
}

function hasEncoder() {
  return context.models.some((model) => model.has_encoder);
}

function withStyle(act) {
  const id = work.state.selected;
  const [model] = context.models;
  if (id === 0 ? model.has_whole_image_style
    : id !== null && context.models.some((m) => m.has_instance_styles)) act(id);
}

function withInstance(act) {
  const made = context.stage.map?.byId.get(work.state.selected);
  if (made) act(made);
}

function reorder(by) {
  withInstance(({ id }) => {
    const order = context.stage.map.instances.map((made) => made.id);
    const position = order.indexOf(id) + by;
    if (position < 0 || position >= order.length) return;
    work.edit({ do: 'order', id, position }, '');
  });
}

function scale(factor) {
  withInstance(({ id, box: [t, l, h, w] }) => {
    const height = Math.max(1, Math.round(h * factor) + (factor > 1 && h < 6));
    const width = Math.max(1, Math.round((w * height) / h));
    // The feet and the middle stay.
    work.edit({
      do: 'place',
      id,
      box: [t + h - height, l + Math.round((w - width) / 2), height, width],
    }, `scale ${id} ${factor > 1}`);
  });
}

export function render() {
  if (isSliding) return;
  const root = document.getElementById('inspector');
  const id = work.state.selected;
  const made = context.stage.map?.byId.get(id);
  if (id === null || (id !== 0 && !made)) {
    refill(root, element('h2', { text: say('nothing') }),
      element('p', { className: 'soft', text: say(
        context.stage.map.instances.length ? 'nothing_text' : 'no_instances',
      ) }));
    return;
  }
  refill(root, heading(id, made), ...styleParts(id),
    ...(made ? layoutParts() : []));
}

function heading(id, made) {
  const table = context.models[0].labels;
  const swatch = element('span', { className: 'swatch' });
  if (made) {
    swatch.style.background = `rgb(${table[made.label].color.join(' ')})`;
  }
  const lock = button('lock', work.isLocked(id) ? 'lock' : 'open_lock');
  lock.setAttribute('aria-pressed', work.isLocked(id));
  const size = made && say('size', {
    height: made.box[2], width: made.box[3], area: made.area,
  });
  return element('div', { className: 'heading' }, swatch,
    element('div', {}, element('h2', { text: nameOf(id) }),
      element('p', { className: 'soft', text: size ?? '' })), lock);
}

function button(action, kind = action, isWide = false) {
  const made = element('button', {
    id: `do-${action}`, className: isWide ? 'wide' : 'icon',
    on: actions[action],
  }, icon(kind));
  if (isWide) made.append(element('span', { text: say(`do_${action}`) }));
  name(made, `${say(`do_${action}`)} (${say(`key_${action}`)})`);
  return made;
}

function styleParts(id) {
  const hasStyle = id === 0
    || context.models.some((model) => model.has_instance_styles);
  if (!hasStyle) return [element('p', { className: 'soft', text: say('no_styles') })];
  const renew = element('button', {
    id: 'do-renew', className: 'go wide', on: actions.renew,
  }, icon('dice'), element('span', { text: say('do_renew') }));
  name(renew, `${say('do_renew')} (${say('key_renew')})`);
  renew.disabled = work.isLocked(id);
  const paste = button('paste', 'paste', true);
  paste.disabled = !copied;
  return [
    renew,
    earlierStyles(id),
    element('div', { className: 'pair' }, button('copy', 'copy', true), paste),
    ...(hasEncoder() && id !== 0 ? [photograph(id)] : []),
    between(id),
  ];
}

function photograph(id) {
  const made = button('photograph', 'photograph', true);
  made.disabled = work.isLocked(id);
  return made;
}

// Thumbnails of the styles that the instance had.
function earlierStyles(id) {
  const now = JSON.stringify(work.recipe(id));
  const buttons = work.earlierStyles(id).map((recipe, i) => {
    const made = element('button', {
      id: `style-${i + 1}`,
      className: 'thumbnail',
      on: () => work.setStyles({ [id]: recipe }),
    });
    const isNow = JSON.stringify(recipe) === now;
    made.setAttribute('aria-pressed', isNow);
    name(made, say('style_number', { number: i + 1 }));
    const source = thumbnails.get(key(id, recipe));
    if (source) made.append(element('img', { src: source, alt: '' }));
    else made.append(String(i + 1));
    return made;
  });
  const list = element('div', { className: 'thumbnails' }, ...buttons);
  list.setAttribute('role', 'group');
  name(list, say('earlier'));
  return element('div', {}, element('h3', { text: say('earlier') }), list);
}

// A slider between two styles: earlier ones, or those of other instances.
function between(id) {
  const choices = work.earlierStyles(id).map((recipe, i) => ({
    text: say('style_number', { number: i + 1 }), recipe,
  }));
  for (const other of context.stage.map.instances) {
    if (other.id !== id && id !== 0 && other.area) {
      const recipe = work.portable(other.id);
      choices.push({ text: nameOf(other.id), recipe });
    }
  }
  const given = work.recipe(id);
  const chosen = ends[id] ?? (ends = { [id]: { a: 0, b: choices.length > 1
    ? 1 : 0 } })[id];
  const slider = element('input', {
    id: 'slider', type: 'range', min: 0, max: 100,
    value: given.mix ? Math.round(100 * given.t) : 0,
  });
  name(slider, say('between'));
  const pick = (end) => choices[Math.min(chosen[end], choices.length - 1)];
  const mix = () => {
    if (!choices.length) return;
    work.setStyles({
      [id]: { mix: [pick('a').recipe, pick('b').recipe], t: slider.value / 100 },
    }, `mix ${id}`);
  };
  slider.addEventListener('pointerdown', () => { isSliding = true; });
  slider.addEventListener('input', mix);
  const list = (end) => {
    const made = element('select', { id: `end-${end}` });
    name(made, say(`end_${end}`));
    made.append(...choices.map(({ text }, i) => new Option(text, i)));
    made.selectedIndex = Math.min(chosen[end], choices.length - 1);
    made.addEventListener('change', () => {
      chosen[end] = made.selectedIndex;
      mix();
    });
    return made;
  };
  const film = element('button', {
    id: 'film', className: 'icon', on: () => makeFilm(id, pick('a'), pick('b')),
  }, icon('film'));
  name(film, say('film'));
  film.disabled = slider.disabled = choices.length < 2;
  return element('div', { className: 'between' },
    element('h3', { text: say('between') }),
    element('div', { className: 'ends' }, list('a'), list('b')),
    element('div', { className: 'ends' }, slider, film));
}

async function makeFilm(id, a, b) {
  context.announce(say('filming'));
  try {
    const blob = await takeFile('/api/film', {
      scene: work.scene(), id, start: a.recipe, end: b.recipe,
    });
    if (!blob) return;
    download(blob, `${work.scene().name}_${id}.webp`);
    context.announce(say('filmed'));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    context.announce(error.message);
  }
}

function layoutParts() {
  const kinds = ['duplicate', 'flip', 'forward', 'backward', 'smaller',
    'larger', 'remove'];
  const row = element('div', { className: 'row' },
    ...kinds.map((kind) => button(kind)));
  row.setAttribute('role', 'group');
  name(row, say('layout'));
  return [element('div', { className: 'layout' },
    element('h3', { text: say('layout') }), row)];
}
