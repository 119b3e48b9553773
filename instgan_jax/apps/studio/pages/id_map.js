// The maps of a scene in the browser: which instance is where, and its outline.

async function pixels(blob) {
  const bitmap = await createImageBitmap(blob, {
    colorSpaceConversion: 'none', premultiplyAlpha: 'none',
  });
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const pen = canvas.getContext('2d', { willReadFrequently: true });
  pen.drawImage(bitmap, 0, 0);
  return pen.getImageData(0, 0, bitmap.width, bitmap.height);
}

export async function imageData(blob) { return pixels(blob); }

export function fromBase64(text) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  return new Blob([bytes], { type: 'image/png' });
}

// What `/api/layout` answers, unpacked: see map_files.encode_for_page.
export async function unpack(answer) {
  const { data, width, height } = await pixels(fromBase64(answer.maps));
  const values = new Uint16Array(width * height);
  const labels = new Uint8Array(width * height);
  for (let i = 0; i < values.length; i += 1) {
    values[i] = 256 * data[4 * i] + data[4 * i + 1];
    labels[i] = data[4 * i + 2];
  }
  return new IdMap(values, labels, width, height, answer.instances);
}

export class IdMap {
  #outlines = new Map();

  constructor(values, labels, width, height, instances) {
    this.values = values;
    this.labels = labels;
    this.width = width;
    this.height = height;
    this.instances = instances; // From back to front.
    this.byId = new Map(instances.map((made) => [made.id, made]));
  }

  has(id) { return this.byId.has(id); }

  // The id of the instance at a point in pixels, or null.
  at(x, y) {
    const column = Math.floor(x);
    const row = Math.floor(y);
    if (column < 0 || row < 0 || column >= this.width || row >= this.height) {
      return null;
    }
    const id = this.values[row * this.width + column];
    return this.byId.has(id) ? id : null;
  }

  labelAt(x, y) {
    return this.labels[Math.floor(y) * this.width + Math.floor(x)];
  }

  // The border of an instance, in pixels; of all instances for null.
  outline(id) {
    if (!this.#outlines.has(id)) this.#outlines.set(id, this.#trace(id));
    return this.#outlines.get(id);
  }

  #trace(id) {
    const { width, height, values } = this;
    const path = new Path2D();
    const isIn = (value) => (
      id === null ? this.byId.has(value) : value === id
    );
    const differs = (a, b) => (
      a !== b && (isIn(a) || isIn(b)) && (id === null || isIn(a) !== isIn(b))
    );
    for (let y = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1) {
        const here = values[y * width + x];
        const left = x ? values[y * width + x - 1] : 0;
        const above = y ? values[(y - 1) * width + x] : 0;
        if (differs(here, left)) { path.moveTo(x, y); path.lineTo(x, y + 1); }
        if (differs(here, above)) { path.moveTo(x, y); path.lineTo(x + 1, y); }
      }
    }
    return path;
  }
}

const LEAST_CHANGE = 8; // Levels of 255 that count as a full change, at least.
const HUE_STEP = 222.5; // A golden angle: successive ids differ.

// Labels in the colors of the table.
export function labelImage(map, table) {
  return paint(map, (i) => table[map.labels[i]]?.color ?? [0, 0, 0]);
}

// A color for each instance, gray for stuff.
export function instanceImage(map) {
  const colors = new Map(map.instances.map(({ id }, index) => (
    [id, hue((index * HUE_STEP) % 360, [0.58, 0.7, 0.46][index % 3])]
  )));
  return paint(map, (i) => colors.get(map.values[i]) ?? [64, 64, 68]);
}

// Where two pictures differ: from black over amber to white, the most.
export function changeImage(before, after) {
  const map = { width: after.width, height: after.height };
  const [a, b] = [before.data, after.data];
  const changes = new Float32Array(map.width * map.height);
  for (let i = 0; i < a.length; i += 1) {
    if (i % 4 < 3) changes[i >> 2] += Math.abs(a[i] - b[i]) / 3;
  }
  const largest = changes.reduce((x, y) => Math.max(x, y), LEAST_CHANGE);
  return paint(map, (i) => {
    const t = changes[i] / largest;
    return [255 * Math.min(1, 2 * t), 255 * t ** 1.3, 255 * t ** 3];
  });
}

function paint({ width, height }, color) {
  const image = new ImageData(width, height);
  for (let i = 0; i < width * height; i += 1) {
    image.data.set(color(i), 4 * i);
    image.data[4 * i + 3] = 255;
  }
  return image;
}

function hue(angle, lightness) {
  const spread = 0.72 * Math.min(lightness, 1 - lightness);
  return [0, 8, 4].map((n) => {
    const k = (n + angle / 30) % 12;
    const part = Math.max(-1, Math.min(k - 3, 9 - k, 1));
    return 255 * (lightness - spread * part);
  });
}
