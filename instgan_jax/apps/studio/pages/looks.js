// A dialog: the looks of a photograph's instances, for those of the scene.

import { busy, getJson, postJson, Refused } from './connection.js';
import { fromBase64 } from './id_map.js';
import { isOfInstances, base64, toySeed } from './sources.js';
import { element, name, say } from './texts.js';
import * as work from './work.js';

let looks = []; // Of the photograph that was read last.

export function openLooks({ id, nameOf, instances, hasToys, announce }) {
  const dialog = document.getElementById('looks-dialog');
  const line = element('p', { className: 'soft' });
  line.setAttribute('role', 'status');
  const list = element('div', { className: 'thumbnails looks' });
  list.setAttribute('role', 'group');
  name(list, say('looks'));
  const all = element('button', {
    id: 'looks-all',
    className: 'wide',
    text: say('looks_all'),
    on: () => {
      const there = new Set(instances.map((made) => made.id));
      give(Object.fromEntries(looks
        .filter((look) => there.has(look.id) && !work.isLocked(look.id))
        .map((look) => [look.id, look.recipe])));
    },
  });
  const give = (styles) => {
    if (!Object.keys(styles).length) {
      line.textContent = say('looks_none');
      return;
    }
    dialog.close();
    work.setStyles(styles);
    announce(say('looks_given'));
  };
  const fill = () => {
    all.hidden = !looks.length;
    list.replaceChildren(...looks.map((look) => {
      look.url ??= URL.createObjectURL(fromBase64(look.picture));
      const made = element('button', {
        className: 'thumbnail', on: () => give({ [id]: look.recipe }),
      }, element('img', { src: look.url, alt: '' }));
      made.dataset.look = look.id;
      name(made, say('look_of', { name: nameOf(look.id) }));
      return made;
    }));
  };
  const read = async (ask) => {
    line.textContent = '…';
    try {
      looks = await busy(ask);
      line.textContent = say(looks.length ? 'looks_found' : 'looks_empty', {
        count: looks.length,
      });
      fill();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      line.textContent = error.message;
    }
  };
  const files = element('input', {
    id: 'look-files', type: 'file', accept: '.png,.jpg,.jpeg', hidden: true,
  });
  files.multiple = true;
  files.addEventListener('change', () => {
    const chosen = [...files.files];
    files.value = ''; // The same files may be chosen again.
    read(() => ofFiles(chosen));
  });
  const choose = element('button', {
    id: 'look-choose',
    className: 'wide',
    text: say('looks_choose'),
    on: () => files.click(),
  });
  const toy = element('button', {
    id: 'look-toy',
    className: 'wide',
    text: say('looks_toy', { number: toySeed() }),
    on: () => read(() => getJson(`/api/toy/${toySeed()}/looks`)),
  });
  toy.hidden = !hasToys;
  dialog.replaceChildren(
    element('h2', { id: 'looks-title', text: say('looks_for', {
      name: nameOf(id),
    }) }),
    element('p', { className: 'soft', text: say('looks_text') }),
    element('div', { className: 'pair' }, choose, toy),
    files, line, list, all,
    element('button', {
      className: 'go', text: say('close'), on: () => dialog.close(),
    }),
  );
  fill();
  dialog.showModal();
}

// A photograph and its instance map, in any order.
async function ofFiles(chosen) {
  const maps = chosen.filter(isOfInstances);
  const [image] = chosen.filter((file) => !isOfInstances(file));
  if (chosen.length !== 2 || maps.length !== 1) {
    throw new Refused(say('looks_need_pair'));
  }
  return postJson('/api/looks', {
    image: await base64(image), instance_map: await base64(maps[0]),
  });
}
