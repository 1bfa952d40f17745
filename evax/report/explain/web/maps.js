"use strict";
// What the page computes from a model's grids. Nothing here knows the page: maps_test.js runs it.

// From 0 to 1, in float32 as the original; 1e-7 is its guard against maps that are 0.
function rescale(values) {
  let low = Infinity, high = 0;
  for (const value of values) low = Math.min(low, value);
  for (let i = 0; i < values.length; ++i) {
    values[i] -= low;
    high = Math.max(high, values[i]);
  }
  high = Math.fround(Math.fround(1e-7) + high);
  for (let i = 0; i < values.length; ++i) values[i] /= high;
  return values;
}

// Where pixel i of `size` lies among `grid` cells, half a pixel being a centre: [cell, next, share].
function samplePoints(grid, size) {
  return Array.from({length: size}, (_, i) => {
    const position = Math.max(0, (i + 0.5) * grid / size - 0.5);
    const cell = Math.min(Math.floor(position), grid - 1);
    return [cell, Math.min(cell + 1, grid - 1), position - cell];
  });
}

// Bilinear, without antialiasing: grid x grid cells become size x size pixels.
function enlarge(cells, grid, size) {
  const points = samplePoints(grid, size);
  const out = new Float32Array(size * size);
  for (let y = 0; y < size; ++y) {
    const [top, bottom, down] = points[y];
    for (let x = 0; x < size; ++x) {
      const [left, right, across] = points[x];
      const above = cells[top * grid + left] * (1 - across) + cells[top * grid + right] * across;
      const below =
          cells[bottom * grid + left] * (1 - across) + cells[bottom * grid + right] * across;
      out[y * size + x] = above * (1 - down) + below * down;
    }
  }
  return out;
}

// A heat map of size x size from 0 to 1. The second rescaling is no repetition: enlarged, a grid
// need not reach its peak (pytorch-grad-cam 1.4.8).
function heatMap(raw, grid, size) {
  const cells = Float32Array.from(raw, (value) => Math.max(0, value));
  return rescale(enlarge(rescale(cells), grid, size));
}

// The pixels that hang together with `start`, corners included; cleared in `inside`.
function takeComponent(inside, size, start) {
  const part = {area: 0, left: size, top: size, right: -1, bottom: -1};
  const waiting = [start];
  inside[start] = 0;
  while (waiting.length > 0) {
    const pixel = waiting.pop();
    const x = pixel % size, y = (pixel - x) / size;
    part.area += 1;
    part.left = Math.min(part.left, x);
    part.right = Math.max(part.right, x);
    part.top = Math.min(part.top, y);
    part.bottom = Math.max(part.bottom, y);
    for (let v = Math.max(y - 1, 0); v <= Math.min(y + 1, size - 1); ++v)
      for (let u = Math.max(x - 1, 0); u <= Math.min(x + 1, size - 1); ++u)
        if (inside[v * size + u]) {
          inside[v * size + u] = 0;
          waiting.push(v * size + u);
        }
  }
  return part;
}

// The box of the largest part of the map above the threshold, of equal ones the topmost; or null.
function largestBox(map, size, threshold) {
  const limit = Math.fround(threshold);
  const inside = Uint8Array.from(map, (value) => value > limit ? 1 : 0);
  let largest = null;
  for (let start = 0; start < inside.length; ++start) {
    if (!inside[start]) continue;
    const part = takeComponent(inside, size, start);
    if (!largest || part.area > largest.area) largest = part;
  }
  return largest && {
    x: largest.left,
    y: largest.top,
    width: largest.right - largest.left + 1,
    height: largest.bottom - largest.top + 1,
  };
}

// Of a box in the network's square, in pixels of the original image.
function inImage(box, size, seen) {
  const across = seen.width / size, down = seen.height / size;
  return {
    x: seen.x + box.x * across,
    y: seen.y + box.y * down,
    width: box.width * across,
    height: box.height * down,
  };
}

// Intersection over union of two boxes.
function boxIou(a, b) {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  const common = Math.max(0, width) * Math.max(0, height);
  const all = a.width * a.height + b.width * b.height - common;
  return all > 0 ? common / all : 0;
}

// The patch under a point of the original image, or -1 where the network saw nothing.
function patchAt(point, grid, seen) {
  const column = Math.floor((point.x - seen.x) / seen.width * grid);
  const row = Math.floor((point.y - seen.y) / seen.height * grid);
  const inside = column >= 0 && row >= 0 && column < grid && row < grid;
  return inside ? row * grid + column : -1;
}

// What maps_data.cpp packed: `cams` grids, and with attention the peaks and rows of all patches.
function unpackMaps(buffer, grid, cams, attention) {
  const patches = grid * grid;
  const floats = (offset) => new Float32Array(buffer, offset, patches);
  const cam = Array.from({length: cams}, (_, i) => floats(4 * i * patches));
  if (!attention) return {cam, peaks: null, rows: null};
  const peaksAt = 4 * cams * patches;
  const rowsAt = peaksAt + 4 * patches;
  const row = (_, i) => new Uint8Array(buffer, rowsAt + i * patches, patches);
  return {cam, peaks: floats(peaksAt), rows: Array.from({length: patches}, row)};
}

async function inflate(base64) {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).arrayBuffer();
}
