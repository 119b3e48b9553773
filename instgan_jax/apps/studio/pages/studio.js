// The studio: what changes leads to requests, and answers to what is shown.

import {
  busy, getJson, latest, onOtherModels, page, Refused, show,
} from './connection.js';
import { openHelp, openTake } from './dialogs.js';
import { unpack } from './id_map.js';
import * as inspector from './inspector.js';
import * as keyboard from './keyboard.js';
import * as otherModels from './other_models.js';
import * as panels from './panels.js';
import * as sources from './sources.js';
import { isNarrow, Stage, VIEWS } from './stage.js';
import { keep, recall } from './storage.js';
import {
  element, icon, language, otherLanguage, say, setLanguage,
} from './texts.js';
import * as tools from './tools.js';
import * as work from './work.js';

const byId = (id) => document.getElementById(id);
const THEMES = ['light dark', 'light', 'dark'];
let studio = null;
let stage = null;
let shownLayout = null; // The scene's base and edits that the map is of.

function announce(text) { byId('status').textContent = text; }
const tell = (key, values) => announce(say(key, values));

const updateLayout = latest(async (ask) => {
  const { name, base, edits } = work.scene();
  if (shownLayout?.base === base && shownLayout.edits === edits) return;
  const answer = await ask('/api/layout', { name, base, edits });
  const before = shownLayout;
  const map = await unpack(await answer.json());
  shownLayout = { base, edits };
  const made = before?.base === base ? newId(map, before.edits, edits) : null;
  if (work.state.selected && !map.has(work.state.selected)) {
    work.state.selected = null;
  }
  stage.selected = work.state.selected;
  stage.preview = null;
  stage.setMap(map);
  if (made === null) renderPanels();
  else select(made);
}, (message) => {
  work.takeBack(); // What cannot be.
  refuse(message);
});

// Work that was kept for other models stays, though nothing shows it.
function refuse(message) {
  show(stage.map ? message : say('kept', { why: message }));
}

// The instance that was just made, which is going to be the selected one.
function newId(map, before, edits) {
  const isMade = ['add', 'copy'].includes(edits.at(-1)?.do);
  if (edits.length <= before.length || !isMade) return null;
  const made = map.instances.filter(({ id }) => !stage.map.has(id));
  return made.length === 1 ? made[0].id : null;
}

function pictureUpdater(index) {
  return latest(async (ask) => {
    const [scene, step] = [work.scene(), work.step()];
    const end = stage.begin(stage.panes[index]);
    try {
      const answer = await ask('/api/picture', { page, model: index, scene });
      if (answer.status === 204) return; // A later one is on its way.
      const timing = /dur=([\d.]+)/.exec(answer.headers.get('server-timing'));
      await stage.setPicture(index, await answer.blob(), step,
        Number(timing?.[1]));
      if (index === 0) keepThumbnail();
    } finally {
      end();
    }
  }, refuse);
}

function keepThumbnail() {
  const id = work.state.selected;
  if (id === null || !stage.map || !stage.isCurrent()) return;
  inspector.keepThumbnail(id, work.recipe(id));
  inspector.render();
}

const updateView = latest(async (ask) => {
  const { view } = stage;
  if (view !== 'position' && view !== 'style') return;
  const end = stage.begin(stage.mapPane);
  try {
    const answer = await ask('/api/view', { page, view, scene: work.scene() });
    if (answer.status !== 204 && stage.view === view) {
      await stage.setView(await answer.blob());
    }
  } finally {
    end();
  }
}, refuse);

let updatePictures = [];

function changed() {
  show('');
  renderHeader();
  updateLayout();
  for (const update of updatePictures) update();
  updateView();
  if (stage.map) renderPanels();
}

function select(id) {
  work.state.selected = id;
  stage.selected = id;
  stage.draw();
  if (id !== null && stage.map) {
    work.remember(id, work.recipe(id));
    if (stage.isCurrent()) inspector.keepThumbnail(id, work.recipe(id));
    announce(inspector.nameOf(id));
  }
  renderPanels();
}

function renderPanels() {
  if (!stage.map) return;
  inspector.render();
  panels.renderScene({ stage, models: studio.models, select });
}

function renderHeader() {
  byId('undo').disabled = !work.canUndo();
  byId('redo').disabled = !work.canRedo();
  for (const kind of ['side', 'stacked']) {
    byId(kind).setAttribute('aria-pressed', stage.arrangement === kind);
  }
  byId('outlines').setAttribute('aria-pressed', stage.hasOutlines);
  byId('opacity').hidden = stage.arrangement !== 'stacked';
  byId('view').value = stage.view;
  sources.showChosen(work.scene());
  document.title = `${work.scene().name} – ${say('title')}`;
}

function take(tool) {
  tools.options.tool = tool;
  stage.preview = null;
  stage.draw();
  panels.renderTools({ models: studio.models, take });
  tell(`tool_${tool}`);
}

function arrange(kind) {
  stage.arrangement = kind;
  stage.arrange();
  stage.showView();
  updateView();
  renderHeader();
}

const commands = {
  undo: work.undo,
  redo: work.redo,
  renew_all: () => byId('renew-all')?.click(),
  outlines: () => {
    stage.hasOutlines = !stage.hasOutlines;
    stage.draw();
    renderHeader();
  },
  arrangement: () => arrange(stage.arrangement === 'side' ? 'stacked' : 'side'),
  help: openHelp,
  select: () => take('select'),
  brush: () => take('brush'),
  fill: () => take('fill'),
  add: () => take('add'),
};

function listenToHeader() {
  byId('message').addEventListener('click', () => show(''));
  byId('undo').append(icon('undo'));
  byId('redo').append(icon('redo'));
  byId('theme').append(icon('theme'));
  byId('help').append(icon('help'));
  for (const id of ['undo', 'redo', 'help', 'outlines']) {
    byId(id).addEventListener('click', commands[id]);
  }
  byId('side').addEventListener('click', () => arrange('side'));
  byId('stacked').addEventListener('click', () => arrange('stacked'));
  byId('take').addEventListener('click', () => {
    openTake({ stage, models: studio.models }).catch(report);
  });
  byId('view').addEventListener('change', () => {
    stage.view = byId('view').value;
    stage.translate();
    stage.showView();
    updateView();
  });
  byId('opacity').addEventListener('input', () => {
    stage.opacity = byId('opacity').value / 100;
    for (const { cover } of stage.panes) cover.style.opacity = stage.opacity;
  });
  byId('language').addEventListener('click', async () => {
    await setLanguage(otherLanguage());
    announce(''); // It was said in the other one.
    translate();
  });
  byId('theme').addEventListener('click', () => {
    const at = THEMES.indexOf(recall('theme') ?? THEMES[0]);
    keep('theme', THEMES[(at + 1) % THEMES.length]);
    setTheme();
  });
}

function setTheme() {
  document.documentElement.style.colorScheme = recall('theme') ?? THEMES[0];
}

// All that the scripts wrote, in the language of the page.
function translate() {
  byId('view').replaceChildren(...VIEWS.map((view) => (
    new Option(say(`view_${view}`), view)
  )));
  sources.fillScenes(studio);
  stage.translate();
  panels.renderTools({ models: studio.models, take });
  renderHeader();
  renderPanels();
}

function report(error) {
  if (error instanceof Refused) show(error.message);
  else throw error;
}

async function main() {
  setTheme();
  await setLanguage(language);
  studio = await getJson('/api/studio');
  stage = new Stage(byId('stage'), studio.models);
  if (isNarrow()) { // A phone shows the picture, and the map on demand.
    Object.assign(stage, { arrangement: 'stacked', opacity: 0 });
    byId('opacity').value = 0;
  }
  stage.decorate = (pen, pixel) => tools.drawHandles(stage, pen, pixel);
  inspector.start({
    stage, models: studio.models, hasToys: studio.has_toy_streets, announce,
  });
  sources.fillScenes(studio);
  sources.listen();
  listenToHeader();
  tools.listen(stage, { select, take, say: tell });
  keyboard.listen({ stage, commands, select, take, say: tell });
  work.onChange(() => changed());
  updatePictures = studio.models.map((_, index) => pictureUpdater(index));
  const kept = work.saved();
  onOtherModels(otherModels.beginAgain);
  if (kept?.base) work.begin(kept, kept.locked);
  else if (byId('scenes').value) await sources.openChosen();
  if (kept?.base || byId('scenes').value) translate();
  else {
    show(say('open_first'));
    byId('stage').append(element('p', { text: say('open_first') }));
  }
  otherModels.compare(studio.models);
}

busy(main).catch((error) => {
  report(error);
  if (!studio) document.body.replaceChildren(byId('message')); // No access.
});
