// Where scenes come from: toy streets, the data set, files of the visitor.

import { busy, getJson, postJson, Refused, show } from './connection.js';
import { say } from './texts.js';
import * as work from './work.js';

const TOY = ' toy'; // No scene of a data set is called so,
const OWN = ' own'; // nor so.
let own = null; // The scene of the visitor's own that was opened last.
const byId = (id) => document.getElementById(id);

export function fillScenes({ scenes, has_toy_streets: hasToys }) {
  const list = byId('scenes');
  const chosen = list.value;
  const options = scenes.map((name) => new Option(name, name));
  if (hasToys) options.unshift(new Option(say('toy'), TOY));
  if (own) options.push(new Option(own.name, OWN));
  list.replaceChildren(...options);
  if (chosen) list.value = chosen;
  list.hidden = !options.length;
  showStepper();
}

// Chooses what is shown, wherever it came from: also a page that was reloaded.
export function showChosen({ name, base }) {
  const list = byId('scenes');
  const values = [...list.options].map(({ value }) => value);
  const [, seed] = /^toy_(\d{6,7})$/.exec(name) ?? [];
  if (seed && values.includes(TOY)) {
    list.value = TOY;
    byId('toy-seed').value = Number(seed);
  } else if (values.includes(name)) {
    list.value = name;
  } else {
    own = { name, base };
    list.querySelector(`[value="${OWN}"]`)?.remove();
    list.append(new Option(name, OWN, false, true));
    list.hidden = false;
  }
  showStepper();
}

function showStepper() {
  byId('toy').hidden = byId('scenes').value !== TOY;
}

async function begin(path) {
  await carefully(async () => work.begin(await getJson(path)));
}

async function carefully(act) {
  try {
    show('');
    await busy(act);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    show(error.message);
  }
}

export function openChosen() {
  const { value } = byId('scenes');
  showStepper();
  if (value === TOY) return begin(`/api/toy/${toySeed()}`);
  if (value === OWN) return work.begin(own);
  return begin(`/api/scene/${encodeURIComponent(value)}`);
}

export function toySeed() { return Math.max(0, Math.floor(Number(byId('toy-seed').value))); }

export function listen() {
  byId('scenes').addEventListener('change', openChosen);
  byId('toy-seed').addEventListener('change', openChosen);
  for (const [id, by] of [['toy-back', -1], ['toy-next', 1]]) {
    byId(id).addEventListener('click', () => {
      byId('toy-seed').value = Math.max(0, toySeed() + by);
      openChosen();
    });
  }
  byId('open').addEventListener('click', () => byId('files').click());
  byId('files').addEventListener('change', async () => {
    const files = [...byId('files').files];
    byId('files').value = ''; // The same files may be chosen again.
    await openFiles(files);
  });
  document.addEventListener('dragover', (event) => event.preventDefault());
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    openFiles([...event.dataTransfer.files]);
  });
}

export function isOfInstances(file) { return /instance/i.test(file.name); }

// A pair of maps, in any order, or a saved scene.
async function openFiles(files) {
  if (!files.length) return;
  await carefully(async () => {
    if (files.length === 1 && files[0].name.endsWith('.json')) {
      const { locked, ...scene } = await savedScene(files[0]);
      await postJson('/api/layout', scene); // Refused if it is none.
      work.begin(scene, locked);
      return;
    }
    const [label, instance] = [...files].sort(
      (a, b) => isOfInstances(a) - isOfInstances(b),
    );
    if (files.length !== 2 || !isOfInstances(instance)
      || isOfInstances(label)) throw new Refused(say('need_pair'));
    work.begin(await postJson('/api/upload', {
      name: nameOf(label.name),
      label_map: await base64(label),
      instance_map: await base64(instance),
    }));
  });
}

async function savedScene(file) {
  let read = null;
  try { read = JSON.parse(await file.text()); } catch { /* Said below. */ }
  const locked = read?.locked ?? [];
  if (!read?.base || !Array.isArray(locked)) {
    throw new Refused(say('no_scene', { file: file.name }));
  }
  return { ...read, locked };
}

// The scene of a label map's file, as `generate` calls it.
function nameOf(file) {
  const stem = file.replace(/\.[^.]*$/, '');
  const name = stem.replace(/(_gt(Fine|Coarse))?_labelIds$/, '') || stem;
  return name.replace(/^\.+/, '').slice(0, 100) || 'scene';
}

export function base64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.split(',', 2)[1] ?? '');
    reader.onerror = () => reject(new Refused(String(reader.error)));
    reader.readAsDataURL(file);
  });
}
