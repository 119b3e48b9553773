// The panes: a map, and beside it or below it the picture of every model.

import { changeImage, imageData, instanceImage, labelImage } from './id_map.js';
import { element, name, say } from './texts.js';
import * as work from './work.js';

const GAP = 16;
const CAPTION = 30;
const SPINNER_AFTER = 200; // Milliseconds.
export const isNarrow = () => window.matchMedia('(max-width: 720px)').matches;
export const VIEWS = ['labels', 'instances', 'position', 'style', 'change'];

export class Stage {
  constructor(root, models) {
    this.root = root;
    this.models = models;
    this.arrangement = 'side';
    this.view = 'labels';
    this.opacity = 0.5;
    this.hasOutlines = false;
    this.map = null;
    this.preview = null; // Draws what a tool is doing,
    this.decorate = null; // and this what belongs to the selected instance.
    this.selected = null;
    this.hovered = null;
    this.before = null; // The picture of the first model, one step ago.
    this.after = null;
    this.step = -1;
    this.mapPane = this.#pane(null);
    this.panes = models.map((model) => this.#pane(model));
    root.replaceChildren(this.mapPane.figure,
      ...this.panes.map((pane) => pane.figure));
    new ResizeObserver(() => this.arrange()).observe(root);
  }

  get allPanes() { return [this.mapPane, ...this.panes]; }

  #pane(model) {
    const made = {
      model,
      picture: element('canvas', { className: 'picture' }),
      cover: element('canvas', { className: 'cover' }),
      overlay: element('canvas', { className: 'overlay' }),
      spinner: element('span', { className: 'spinner', hidden: true }),
      title: element('span'),
      time: element('span', { className: 'time' }),
    };
    made.frame = element('div', { className: 'frame' }, made.picture,
      made.cover, made.overlay, made.spinner);
    made.figure = element('figure', {}, made.frame,
      element('figcaption', {}, made.title, made.time));
    return made;
  }

  // Titles, in the language of the page.
  translate() {
    const isOne = this.models.length === 1;
    for (const { model, title, picture } of this.panes) {
      title.textContent = isOne ? say('picture')
        : `${model.name} · ${model.method}`;
      picture.setAttribute('role', 'img');
      name(picture, say('picture_of', { model: model.name }));
    }
    this.mapPane.title.textContent = say(`view_${this.view}`);
    this.mapPane.picture.setAttribute('role', 'img');
    name(this.mapPane.picture, say(`view_${this.view}`));
  }

  // The largest panes that fit, in rows of equal length.
  arrange() {
    const isStacked = this.arrangement === 'stacked';
    this.mapPane.figure.hidden = isStacked;
    this.root.classList.toggle('is-stacked', isStacked);
    const shown = isStacked ? this.panes : this.allPanes;
    const { clientWidth, clientHeight } = this.root;
    const ratio = this.map ? this.map.width / this.map.height : 2;
    let best = 0;
    for (let columns = 1; columns <= shown.length; columns += 1) {
      const rows = Math.ceil(shown.length / columns);
      const width = (clientWidth - GAP * (columns + 1)) / columns;
      const height = (clientHeight - GAP * (rows + 1)) / rows - CAPTION;
      best = Math.max(best, Math.min(width, isNarrow() ? width : height * ratio));
      if (isNarrow()) break;
    }
    best = Math.floor(best);
    for (const { figure, frame, overlay } of shown) {
      figure.style.width = `${best}px`;
      frame.style.height = `${Math.round(best / ratio)}px`;
      overlay.width = Math.round(best * devicePixelRatio);
      overlay.height = Math.round((best / ratio) * devicePixelRatio);
    }
    this.draw();
  }

  setMap(map) {
    const isOther = !this.map || this.map.width !== map.width
      || this.map.height !== map.height;
    this.map = map;
    if (isOther) this.arrange();
    this.showView();
    this.draw();
  }

  // The picture of a model for a step of the work.
  async setPicture(index, blob, step, milliseconds) {
    const image = await imageData(blob);
    if (index === 0) {
      if (step !== this.step) this.before = this.after;
      this.step = step;
      this.after = image;
      if (this.view === 'change') this.showView();
    }
    put(this.panes[index].picture, image);
    const { time } = this.panes[index];
    time.textContent = milliseconds ? `${Math.round(milliseconds)} ms` : '';
  }

  // Shows the chosen map. Those that the server draws come by `setView`.
  showView() {
    if (!this.map) return;
    const [{ labels }] = this.models;
    const image = {
      labels: () => labelImage(this.map, labels),
      instances: () => instanceImage(this.map),
      change: () => this.after && changeImage(
        this.#sameSize() ? this.before : this.after, this.after,
      ),
    }[this.view]?.();
    if (image) this.#putView(image);
  }

  async setView(blob) { this.#putView(await imageData(blob)); }

  #sameSize() {
    return this.before && this.before.width === this.after.width
      && this.before.height === this.after.height;
  }

  #putView(image) {
    put(this.mapPane.picture, image);
    const isStacked = this.arrangement === 'stacked';
    for (const { cover } of this.panes) {
      put(cover, image);
      cover.style.opacity = isStacked ? this.opacity : 0;
    }
  }

  // A pane that waits gets a spinner, but not for moments.
  begin({ spinner }) {
    const timer = setTimeout(() => { spinner.hidden = false; }, SPINNER_AFTER);
    return () => { clearTimeout(timer); spinner.hidden = true; };
  }

  // Whether the first model's picture is that of the work as it is now.
  isCurrent() { return this.after !== null && this.step === work.step(); }

  // A small picture of an instance, as a data URL.
  thumbnail(id) {
    const box = this.map?.byId.get(id)?.box;
    const { picture } = this.panes[0];
    const scale = picture.width / (this.map?.width || 1);
    const [top, left, height, width] = box ?? [0, 0, this.map.height,
      this.map.width];
    const side = Math.max(height, width, 8) * 1.2 * scale;
    const canvas = element('canvas', { width: 64, height: 64 });
    canvas.getContext('2d').drawImage(picture,
      (left + width / 2) * scale - side / 2, (top + height / 2) * scale
      - side / 2, side, side, 0, 0, 64, 64);
    return canvas.toDataURL();
  }

  // Outlines and what a tool shows, over all panes.
  draw() {
    if (!this.map) return;
    for (const { overlay, figure } of this.allPanes) {
      if (!figure.hidden) this.#drawOver(overlay);
    }
  }

  #drawOver(overlay) {
    const pen = overlay.getContext('2d');
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, overlay.width, overlay.height);
    const scale = overlay.width / this.map.width;
    pen.scale(scale, scale);
    pen.lineCap = 'square';
    const line = (path, width, color) => {
      pen.lineWidth = (width * devicePixelRatio) / scale;
      pen.strokeStyle = color;
      pen.stroke(path);
    };
    if (this.hasOutlines) {
      line(this.map.outline(null), 1, 'rgb(255 255 255 / .75)');
    }
    if (this.hovered !== null && this.hovered !== this.selected) {
      line(this.map.outline(this.hovered), 1.5, 'rgb(255 255 255 / .9)');
    }
    if (this.map.has(this.selected)) {
      const path = this.map.outline(this.selected);
      line(path, 4.5, 'rgb(0 0 0 / .55)');
      line(path, 2, '#fff');
    }
    this.decorate?.(pen, devicePixelRatio / scale);
    this.preview?.(pen, devicePixelRatio / scale);
  }
}

function put(canvas, image) {
  canvas.width = image.width;
  canvas.height = image.height;
  canvas.getContext('2d').putImageData(image, 0, 0);
}
