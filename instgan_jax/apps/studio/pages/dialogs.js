// Two dialogs: what can be taken along, and the keys.

import { download, postJson, Refused, takeFile } from './connection.js';
import { element, say } from './texts.js';
import { KEYS } from './keyboard.js';
import * as work from './work.js';

export async function openTake({ stage, models }) {
  const dialog = document.getElementById('take-dialog');
  const { name } = work.scene();
  const which = element('select', { id: 'take-model' }, ...models.map(
    (model, i) => new Option(`${model.name} · ${model.method}`, i),
  ));
  const command = element('code', { id: 'command' });
  const line = element('p', { className: 'soft' });
  const body = () => ({ model: Number(which.value), scene: work.scene() });
  const showCommand = async () => {
    const answer = await postJson('/api/command', {
      name, model: Number(which.value),
    });
    // Lines break between words alone.
    command.replaceChildren(...answer.command.split(' ').flatMap(
      (text) => [element('span', { text }), ' '],
    ));
  };
  const give = (id, text, make, file) => element('button', {
    id,
    className: 'wide',
    text: say(text),
    on: async () => {
      try {
        line.textContent = '…';
        const blob = await make();
        if (!blob) return;
        download(blob, file);
        line.textContent = say('taken', { file });
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        line.textContent = error.message;
      }
    },
  });
  const saved = new Blob([JSON.stringify(work.toFile())], {
    type: 'application/json',
  });
  dialog.replaceChildren(
    element('h2', { id: 'take-title', text: say('take') }),
    ...(models.length > 1 ? [which] : []),
    element('p', { className: 'soft', text: say('take_text') }),
    give('take-all', 'take_all', () => takeFile('/api/archive', body()),
      `${name}.zip`),
    give('take-picture', 'take_picture',
      () => takeFile('/api/picture', body()), `${name}.png`),
    give('take-scene', 'take_scene', async () => saved, `${name}.studio.json`),
    element('p', { className: 'soft', text: say('take_command') }),
    command,
    line,
    close(dialog),
  );
  which.addEventListener('change', showCommand);
  stage.root.focus();
  dialog.showModal();
  await showCommand();
}

export function openHelp() {
  const dialog = document.getElementById('help-dialog');
  const rows = Object.entries(KEYS).map(([key, command]) => {
    const text = [`do_${command}`, `tool_${command}`, command].map(say)
      .find((found, i) => found !== [`do_${command}`, `tool_${command}`][i]);
    const shown = key === 'delete' ? say('key_remove') : key.toUpperCase();
    return element('tr', {}, element('td', {}, element('kbd', { text: shown })),
      element('td', { text }));
  });
  dialog.replaceChildren(
    element('h2', { id: 'help-title', text: say('help') }),
    element('p', { text: say('help_text') }),
    element('table', {}, element('tbody', {}, ...rows)),
    element('p', { className: 'soft', text: say('help_stage') }),
    close(dialog),
  );
  dialog.showModal();
}

function close(dialog) {
  return element('button', {
    className: 'go', text: say('close'), on: () => dialog.close(),
  });
}
