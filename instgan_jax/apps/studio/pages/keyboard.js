// Every key of the page. Letters work everywhere but in fields and dialogs.

import { actions, move } from './inspector.js';
import { options, showCursor, useAt } from './tools.js';
import * as work from './work.js';

// By `KeyboardEvent.key`, in lower case; the names are those of the texts.
export const KEYS = {
  n: 'renew', a: 'renew_all', l: 'lock', c: 'copy', p: 'paste',
  f: 'photograph',
  d: 'duplicate', m: 'flip', ']': 'forward', '[': 'backward',
  '-': 'smaller', '+': 'larger', delete: 'remove',
  v: 'select', b: 'brush', g: 'fill', t: 'add',
  z: 'undo', y: 'redo', o: 'outlines', s: 'arrangement', '?': 'help',
};
const ALSO = { '=': '+', backspace: 'delete' };
const ARROWS = {
  ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1],
};
const FAR = 8; // Pixels of a step with Shift.

export function listen({ stage, commands, select, take, say }) {
  const cursor = {}; // Of the tool: begins in the middle.
  document.addEventListener('keydown', (event) => {
    const { target } = event;
    if (target.closest('dialog')) return;
    if (target.matches('input, select')) {
      if (event.key === 'Escape') stage.root.focus();
      return;
    }
    if (target === stage.root
      && onStage(event, stage, cursor, { select, take, say })) {
      event.preventDefault();
      return;
    }
    const isUndo = (event.ctrlKey || event.metaKey)
      && ['z', 'y'].includes(event.key.toLowerCase());
    if (event.altKey || ((event.ctrlKey || event.metaKey) && !isUndo)) return;
    const key = event.key.toLowerCase();
    let command = KEYS[ALSO[key] ?? key];
    if (isUndo && event.shiftKey) command = 'redo';
    if (!command) return;
    event.preventDefault();
    (actions[command] ?? commands[command])();
  });
}

// Keys of the panes: from instance to instance, and the tool's cursor.
function onStage(event, stage, cursor, { select, take, say }) {
  if (!stage.map || event.ctrlKey || event.metaKey || event.altKey) return false;
  const arrow = ARROWS[event.key];
  const far = event.shiftKey ? FAR : 1;
  cursor.x ??= stage.map.width >> 1;
  cursor.y ??= stage.map.height >> 1;
  if (options.tool !== 'select') {
    if (arrow) {
      cursor.y = clamp(cursor.y + far * arrow[0], stage.map.height);
      cursor.x = clamp(cursor.x + far * arrow[1], stage.map.width);
      showCursor(stage, cursor.x + 0.5, cursor.y + 0.5);
      stage.draw();
      say('cursor', { row: cursor.y, column: cursor.x });
      return true;
    }
    if (event.key === ' ' || event.key === 'Enter') {
      useAt(stage, cursor.x + 0.5, cursor.y + 0.5, { take, say });
      return true;
    }
    if (event.key === 'Escape') { take('select'); return true; }
    return false;
  }
  if (arrow && work.state.selected) {
    move(far * arrow[0], far * arrow[1]);
    return true;
  }
  if (event.key === 'Enter' || event.key === ' ') {
    select(next(stage, event.shiftKey ? -1 : 1));
    return true;
  }
  if (event.key === 'Escape') { select(null); return true; }
  return false;
}

function clamp(value, size) { return Math.max(0, Math.min(size - 1, value)); }

// The next visible instance, from left to right.
function next(stage, by) {
  const visible = stage.map.instances.filter((made) => made.area);
  visible.sort((a, b) => a.box[1] - b.box[1] || a.id - b.id);
  if (!visible.length) return null;
  const at = visible.findIndex((made) => made.id === work.state.selected);
  const start = at < 0 && by < 0 ? 0 : at;
  return visible[(start + by + visible.length) % visible.length].id;
}
