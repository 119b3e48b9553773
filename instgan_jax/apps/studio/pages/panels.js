// The list of instances by class, and the options of the tool in hand.

import { nameOf } from './inspector.js';
import { getJson } from './connection.js';
import { fromBase64 } from './id_map.js';
import { element, icon, labelName, name, refill, say } from './texts.js';
import { options, TOOLS } from './tools.js';
import * as work from './work.js';

let shapes = null; // Of the library; loaded when the tool is first taken.

// Instances by class, each a button; classes and all have "new styles".
export function renderScene({ stage, models, select }) {
  const root = document.getElementById('scene-panel');
  const { labels } = models[0];
  const hasStyles = models.some((model) => model.has_instance_styles);
  const visible = stage.map.instances.filter((made) => made.area);
  const renewAll = () => work.renew(visible.map(({ id }) => id));
  const all = element('button', { id: 'renew-all', className: 'wide', on: renewAll },
    icon('dice'), element('span', { text: say('renew_all') }));
  name(all, `${say('renew_all')} (${say('key_renew_all')})`);
  all.disabled = !hasStyles || !visible.length;
  const groups = [...new Set(visible.map((made) => made.label))].sort(
    (a, b) => a - b,
  ).map((label) => {
    const members = visible.filter((made) => made.label === label);
    members.sort((a, b) => a.id - b.id);
    return group(label, members, labels[label], hasStyles, select);
  });
  const list = element('div', { className: 'list' }, ...groups);
  if (models[0].has_whole_image_style) list.prepend(item(0, select));
  const most = Math.min(...models.map((model) => model.max_instances));
  const lines = [element('h2', { text: say('instances', {
    count: visible.length,
  }) })];
  if (visible.length > most) {
    lines.push(element('p', { className: 'soft', text: say('dropped', {
      count: visible.length - most, most,
    }) }));
  }
  lines.push(...models.flatMap((model) => misfits(model, stage.map)).map(
    (text) => element('p', { className: 'soft', text }),
  ));
  refill(root, ...lines, all, list);
}

// What of the scene a model does not show as it is: its size, looks that
// another model read.
function misfits({ name: model, key, height, width, has_instance_styles: has },
  map) {
  const found = [];
  if (map.height !== height || map.width !== width) {
    found.push(say('other_size', {
      model, height, width, rows: map.height, columns: map.width,
    }));
  }
  const isUnread = ({ look, mix }) => (look && !(key in look))
    || mix?.some(isUnread);
  const count = map.instances.filter(({ id }) => isUnread(work.recipe(id)));
  if (has && count.length) {
    found.push(say('other_looks', { model, count: count.length }));
  }
  return found;
}

function group(label, members, row, hasStyles, select) {
  const swatch = element('span', { className: 'swatch' });
  swatch.style.background = `rgb(${row.color.join(' ')})`;
  const renew = element('button', {
    id: `renew-${label}`,
    className: 'icon',
    on: () => work.renew(members.map(({ id }) => id)),
  }, icon('dice'));
  name(renew, say('renew_class', { name: labelName(row.name) }));
  renew.disabled = !hasStyles;
  return element('div', { className: 'class' },
    element('h3', {}, swatch,
      element('span', { text: `${labelName(row.name)} · ${members.length}` }),
      renew),
    element('div', { className: 'items' },
      ...members.map(({ id }) => item(id, select))));
}

function item(id, select) {
  const made = element('button', {
    id: `item-${id}`,
    className: 'item',
    text: id === 0 ? say('whole_image') : String(id),
    on: () => select(id),
  });
  made.dataset.id = id;
  made.setAttribute('aria-pressed', work.state.selected === id);
  name(made, nameOf(id) + (work.isLocked(id) ? `, ${say('locked')}` : ''));
  if (work.isLocked(id)) made.append(icon('lock'));
  return made;
}

export function renderTools({ models, take }) {
  const root = document.getElementById('tools');
  root.replaceChildren(...TOOLS.map((tool) => {
    const made = element('button', {
      id: `tool-${tool}`, className: 'icon', on: () => take(tool),
    }, icon(tool));
    name(made, `${say(`tool_${tool}`)} (${say(`key_${tool}`)})`);
    made.setAttribute('aria-pressed', options.tool === tool);
    return made;
  }));
  renderOptions(models[0]);
}

function renderOptions(model) {
  const root = document.getElementById('tool-options');
  root.hidden = options.tool === 'select';
  if (root.hidden) return;
  options.label = Math.min(options.label, model.labels.length - 1);
  const title = element('h2', { text: say(`tool_${options.tool}`) });
  const hint = element('p', {
    className: 'soft', text: say(`hint_${options.tool}`),
  });
  if (options.tool === 'add') {
    root.replaceChildren(title, hint, library(model));
    return;
  }
  root.replaceChildren(title, hint, palette(model));
  if (options.tool === 'brush') root.append(radius());
}

function palette({ labels }) {
  const list = element('div', { className: 'palette' });
  labels.forEach((row, label) => {
    if (['thing', 'none'].includes(row.kind) || (row.color.join() === '0,0,0')) return;
    const swatch = element('span', { className: 'swatch' });
    swatch.style.background = `rgb(${row.color.join(' ')})`;
    const made = element('button', {
      className: 'item',
      on: () => {
        options.label = label;
        for (const other of list.children) {
          other.setAttribute('aria-pressed', other === made);
        }
      },
    }, swatch, element('span', { text: labelName(row.name) }));
    made.setAttribute('aria-pressed', options.label === label);
    list.append(made);
  });
  return list;
}

function radius() {
  const slider = element('input', {
    type: 'range', min: 0.5, max: 24, step: 0.5, value: options.radius,
  });
  slider.addEventListener('input', () => {
    options.radius = Number(slider.value);
  });
  return element('label', { className: 'field' },
    element('span', { text: say('radius') }), slider);
}

// Shapes of instances in other scenes.
function library(model) {
  const list = element('div', { className: 'palette shapes' });
  const fill = () => list.replaceChildren(...shapes.map((shape) => {
    shape.url ??= URL.createObjectURL(fromBase64(shape.shape));
    const image = element('span', { className: 'silhouette' });
    image.style.maskImage = `url(${shape.url})`;
    image.style.aspectRatio = shape.box[3] / shape.box[2];
    const label = labelName(model.labels[shape.label].name);
    const made = element('button', {
      className: 'thumbnail shape',
      on: () => {
        options.shape = shape;
        for (const other of list.children) {
          other.setAttribute('aria-pressed', other === made);
        }
      },
    }, image, element('span', { text: label }));
    name(made, `${label}, ${shape.box[2]} × ${shape.box[3]}`);
    made.setAttribute('aria-pressed', options.shape === shape);
    return made;
  }));
  if (shapes) fill();
  else getJson('/api/shapes').then((found) => { shapes = found; fill(); });
  return list;
}
