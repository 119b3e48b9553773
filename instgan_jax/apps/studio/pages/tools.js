// What the mouse does on the panes: select and move, scale, brush, fill, add.

import * as work from './work.js';

const STARTS_AT = 3; // Pixels of the screen, from where a click is a drag.
const HANDLE = 7; // Half the side of a corner's reach, likewise.
const AWAY = 7; // How far corners are outside of the instance.
const MAX_POINTS = 400; // Of one stroke.

export const TOOLS = ['select', 'brush', 'fill', 'add'];
export const options = {
  tool: 'select', label: 7, radius: 3, shape: null,
};

// Listens on all panes. `select` is told what was clicked.
export function listen(stage, { select, take, say }) {
  for (const { overlay } of stage.allPanes) {
    overlay.addEventListener('pointermove', (event) => hover(stage, event));
    overlay.addEventListener('pointerleave', () => {
      stage.hovered = null;
      if (options.tool !== 'select') stage.preview = null;
      stage.draw();
    });
    overlay.addEventListener('pointerdown', (event) => {
      if (event.button !== 0 || !stage.map) return;
      stage.root.focus({ preventScroll: true });
      if (options.tool === 'select') beginSelect(stage, event, select);
      else if (event.pointerType !== 'touch') use(stage, event, { take, say });
    });
  }
}

// The point of an event, in pixels of the maps.
function place(stage, event) {
  const frame = event.currentTarget.getBoundingClientRect();
  return {
    x: ((event.clientX - frame.left) / frame.width) * stage.map.width,
    y: ((event.clientY - frame.top) / frame.height) * stage.map.height,
    scale: stage.map.width / frame.width,
  };
}

function hover(stage, event) {
  if (!stage.map || event.buttons) return;
  const { x, y } = place(stage, event);
  if (options.tool === 'select') {
    stage.hovered = stage.map.at(x, y);
    event.currentTarget.style.cursor = stage.hovered === null ? 'default'
      : 'pointer';
  } else {
    event.currentTarget.style.cursor = 'crosshair';
    showCursor(stage, x, y);
  }
  stage.draw();
}

// Follows a pointer until it is up.
function follow(event, move, end) {
  const target = event.currentTarget;
  target.setPointerCapture(event.pointerId);
  const stop = (last) => {
    target.removeEventListener('pointermove', move);
    target.removeEventListener('pointerup', stop);
    target.removeEventListener('pointercancel', stop);
    end(last);
  };
  target.addEventListener('pointermove', move);
  target.addEventListener('pointerup', stop);
  target.addEventListener('pointercancel', stop);
}

function beginSelect(stage, event, select) {
  const start = place(stage, event);
  const corner = cornerAt(stage, start);
  const id = corner ? work.state.selected : stage.map.at(start.x, start.y);
  select(id);
  if (id === null || !id || event.pointerType === 'touch') return;
  const { box } = stage.map.byId.get(id);
  let moved = null;
  follow(event, (e) => {
    const { x, y, scale } = place(stage, e);
    const [dx, dy] = [x - start.x, y - start.y];
    if (!moved && Math.hypot(dx, dy) < STARTS_AT * scale) return;
    moved = corner ? scaled(box, corner, dx, dy, e.shiftKey)
      : [Math.round(box[0] + dy), Math.round(box[1] + dx), box[2], box[3]];
    stage.preview = (pen, pixel) => drawMoved(stage, pen, pixel, id, moved);
    stage.draw();
  }, () => {
    stage.preview = null;
    const isOther = moved && moved.some((value, i) => value !== box[i]);
    if (isOther) work.edit({ do: 'place', id, box: moved });
    else stage.draw();
  });
}

// The corner of the selected instance's box at a point: [down, right], or null.
function cornerAt(stage, { x, y, scale }) {
  const made = stage.map.byId.get(work.state.selected);
  if (!made) return null;
  const at = corners(made.box, AWAY * scale).findIndex(([row, column]) => (
    Math.max(Math.abs(x - column), Math.abs(y - row)) < HANDLE * scale
  ));
  return at < 0 ? null : [at >> 1, at & 1];
}

// The corners of a box, a little outside: top left, top right, below likewise.
function corners([top, left, height, width], away) {
  const rows = [top - away, top + height + away];
  const columns = [left - away, left + width + away];
  return rows.flatMap((row) => columns.map((column) => [row, column]));
}

// A box whose corner is drawn; in proportion unless `isFree`.
function scaled([top, left, height, width], [down, right], dx, dy, isFree) {
  let h = Math.max(1, height + (down ? dy : -dy));
  let w = Math.max(1, width + (right ? dx : -dx));
  if (!isFree) {
    const factor = Math.max(h / height, w / width);
    [h, w] = [height * factor, width * factor];
  }
  h = Math.max(1, Math.round(h));
  w = Math.max(1, Math.round(w));
  return [down ? top : top + height - h, right ? left : left + width - w, h, w];
}

function drawMoved(stage, pen, pixel, id, box) {
  const from = stage.map.byId.get(id).box;
  pen.save();
  pen.translate(box[1], box[0]);
  pen.scale(box[3] / from[3], box[2] / from[2]);
  pen.translate(-from[1], -from[0]);
  pen.lineWidth = 2 * pixel * (from[3] / box[3]);
  pen.setLineDash([4 * pixel, 3 * pixel]);
  pen.strokeStyle = '#fff';
  pen.stroke(stage.map.outline(id));
  pen.restore();
}

// The corners of the selected instance, for `Stage.draw`.
export function drawHandles(stage, pen, pixel) {
  const made = stage.map.byId.get(work.state.selected);
  if (!made || options.tool !== 'select') return;
  pen.fillStyle = '#fff';
  pen.strokeStyle = 'rgb(0 0 0 / .6)';
  pen.lineWidth = pixel;
  const side = 7 * pixel;
  for (const [y, x] of corners(made.box, AWAY * pixel)) {
    pen.fillRect(x - side / 2, y - side / 2, side, side);
    pen.strokeRect(x - side / 2, y - side / 2, side, side);
  }
}

function use(stage, event, acts) {
  const { x, y } = place(stage, event);
  if (options.tool === 'brush') stroke(stage, event);
  else useAt(stage, x, y, acts);
}

// The tool at a point: where the mouse clicked, or the keyboard's cursor is.
export function useAt(stage, x, y, { take, say }) {
  if (options.tool === 'brush') paint([[y, x]]);
  if (options.tool === 'fill') {
    work.edit({ do: 'fill', label: options.label, point: [y, x] });
  }
  if (options.tool === 'add') {
    if (!options.shape) { say('choose_shape'); return; }
    const { label, shape, box: [, , height, width] } = options.shape;
    const box = [Math.round(y - height), Math.round(x - width / 2), height,
      width];
    work.edit({ do: 'add', label, shape, box });
    take('select'); // The new instance is going to be the selected one.
  }
}

function paint(points) {
  const every = Math.ceil(points.length / MAX_POINTS);
  const kept = points.filter((_, i) => i % every === 0);
  work.edit({
    do: 'paint', label: options.label, points: kept, radius: options.radius,
  });
}

function stroke(stage, event) {
  const first = place(stage, event);
  const points = [[first.y, first.x]];
  const [{ labels }] = stage.models;
  const color = `rgb(${labels[options.label].color.join(' ')})`;
  stage.preview = (pen) => {
    pen.lineCap = 'round';
    pen.lineJoin = 'round';
    pen.lineWidth = 2 * options.radius;
    pen.strokeStyle = color;
    pen.beginPath();
    pen.moveTo(points[0][1], points[0][0] + 1e-3);
    for (const [y, x] of points) pen.lineTo(x, y);
    pen.stroke();
  };
  stage.draw();
  follow(event, (e) => {
    const { x, y } = place(stage, e);
    const [lastY, lastX] = points.at(-1);
    if (Math.hypot(x - lastX, y - lastY) < 0.5) return;
    points.push([y, x]);
    stage.draw();
  }, () => {
    paint(points);
  });
}

// The brush, or the shape to add, at a point.
export function showCursor(stage, x, y) {
  stage.preview = (pen, pixel) => {
    pen.lineWidth = 1.5 * pixel;
    pen.strokeStyle = '#fff';
    pen.beginPath();
    if (options.tool === 'add' && options.shape) {
      const [, , height, width] = options.shape.box;
      pen.rect(x - width / 2, y - height, width, height);
    } else {
      const radius = options.tool === 'brush' ? options.radius : 4 * pixel;
      pen.arc(x, y, Math.max(radius, 2 * pixel), 0, 2 * Math.PI);
    }
    pen.stroke();
  };
}
