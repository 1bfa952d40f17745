"use strict";
// maps.js against what the original code gave: node maps_test.js FIXTURES (tests/fixtures/cam).

const assert = require("node:assert");
const fs = require("node:fs");
const path = require("node:path");
const test = require("node:test");
const vm = require("node:vm");
const zlib = require("node:zlib");

for (const file of ["maps.js", "viewport.js"])
  vm.runInThisContext(fs.readFileSync(path.join(__dirname, file), "utf8"), file);
const fixtures = process.argv[2];

// A .npy file of float32: {shape, values}.
function readNpy(file) {
  const bytes = fs.readFileSync(path.join(fixtures, file));
  const header = bytes.toString("latin1", 10, 10 + bytes.readUInt16LE(8));
  assert.match(header, /'descr': '<f4', 'fortran_order': False/);
  const shape = header.match(/'shape': \(([^)]*)\)/)[1].split(",").map(Number);
  const data = Uint8Array.from(bytes.subarray(10 + bytes.readUInt16LE(8)));
  return {shape, values: new Float32Array(data.buffer)};
}

function planes({shape: [count, side], values}) {
  const cells = side * side;
  return Array.from({length: count}, (_, i) => values.subarray(i * cells, (i + 1) * cells));
}

function largestDifference(a, b) {
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i])), 0);
}

function compareMaps(name, tolerance) {
  const raw = readNpy(`heat_map/${name}_raw.npy`), expected = readNpy(`heat_map/${name}_map.npy`);
  planes(raw).forEach((grid, i) => {
    const map = heatMap(grid, raw.shape[1], expected.shape[1]);
    const difference = largestDifference(map, planes(expected)[i]);
    assert.ok(difference <= tolerance, `${name} ${i}: ${difference}`);
  });
}

// A map drawn in letters: "#" is .9, "+" .5, anything else 0.
function drawn(...lines) {
  return Float32Array.from(lines.join(""), (letter) => ({"#": 0.9, "+": 0.5})[letter] ?? 0);
}

test("heat maps are the original's", () => {
  compareMaps("cases", 2e-6);
  compareMaps("tiny", 2e-6);
});

test("a map without anything positive is 0", () => {
  assert.ok(heatMap(new Float32Array(4).fill(-1), 2, 8).every((value) => value === 0));
});

test("the box is that of the largest part, corners joined, above the threshold", () => {
  const map = drawn(
      "##...",
      "...+.",
      "....+",
      "...+.",
      ".....");
  assert.deepStrictEqual(largestBox(map, 5, 0.4), {x: 3, y: 1, width: 2, height: 3});
  assert.deepStrictEqual(largestBox(map, 5, 0.6), {x: 0, y: 0, width: 2, height: 1});
  assert.deepStrictEqual(largestBox(map, 5, 0.5), {x: 0, y: 0, width: 2, height: 1});
  assert.strictEqual(largestBox(map, 5, 0.95), null);
});

test("of equal parts the topmost counts, and rows do not run into each other", () => {
  const map = drawn("...#", "#...", "....", "....");
  assert.deepStrictEqual(largestBox(map, 4, 0.5), {x: 3, y: 0, width: 1, height: 1});
});

test("a box of the square lies where the network saw it", () => {
  const seen = {x: 100, y: -50, width: 448, height: 224};
  assert.deepStrictEqual(
      inImage({x: 10, y: 20, width: 30, height: 40}, 224, seen),
      {x: 120, y: -30, width: 60, height: 40});
});

test("IoU", () => {
  const box = {x: 0, y: 0, width: 10, height: 10};
  assert.strictEqual(boxIou(box, box), 1);
  assert.strictEqual(boxIou(box, {x: 5, y: 0, width: 10, height: 10}), 50 / 150);
  assert.strictEqual(boxIou(box, {x: 10, y: 0, width: 10, height: 10}), 0);
  assert.strictEqual(boxIou({...box, width: 0}, {...box, width: 0}), 0);
});

test("the patch under a point", () => {
  const seen = {x: 100, y: 0, width: 140, height: 140};
  assert.strictEqual(patchAt({x: 100, y: 0}, 14, seen), 0);
  assert.strictEqual(patchAt({x: 239.9, y: 139.9}, 14, seen), 195);
  assert.strictEqual(patchAt({x: 115, y: 25}, 14, seen), 2 * 14 + 1);
  assert.strictEqual(patchAt({x: 99, y: 0}, 14, seen), -1);
  assert.strictEqual(patchAt({x: 240, y: 0}, 14, seen), -1);
});

test("packed maps come back", async () => {
  const bytes = Buffer.from(new Float32Array([1, 2, 3, 4, 0.5, 0.25, 0.125, 1]).buffer);
  const rows = Buffer.from(Array.from({length: 16}, (_, i) => 10 * i));
  const packed = zlib.deflateSync(Buffer.concat([bytes, rows])).toString("base64");
  const maps = unpackMaps(await inflate(packed), 2, 1, true);
  assert.deepStrictEqual([...maps.cam[0]], [1, 2, 3, 4]);
  assert.deepStrictEqual([...maps.peaks], [0.5, 0.25, 0.125, 1]);
  assert.deepStrictEqual([...maps.rows[2]], [80, 90, 100, 110]);
});

const image = {width: 1000, height: 500}, screen = {width: 500, height: 500};

test("an image fits its screen, and a point stays under the pointer while zooming", () => {
  const whole = fitted(image);
  assert.deepStrictEqual(
      placement(whole, image, screen), {left: 0, top: 125, width: 500, height: 250});
  const pointer = {x: 100, y: 250};
  const fixed = imagePoint(whole, image, screen, pointer);
  assert.deepStrictEqual(fixed, {x: 200, y: 250});
  const view = zoomed(whole, 4, image, screen, fixed);
  assert.deepStrictEqual(imagePoint(view, image, screen, pointer), fixed);
});

test("an image is not moved out of its screen", () => {
  const view = zoomed(fitted(image), 4, image, screen, {x: 500, y: 250});
  assert.strictEqual(moved(view, 1e6, 0, image, screen).x, 125);
  assert.strictEqual(moved(view, -1e6, 0, image, screen).x, 875);
  assert.strictEqual(moved(fitted(image), 30, 30, image, screen).x, 500);
});

test("a window is black and white where it should be", () => {
  const {slope, intercept} = transferOf({width: 100, level: 80});
  assert.ok(Math.abs(slope * 30 / 255 + intercept) < 1e-12);
  assert.ok(Math.abs(slope * 130 / 255 + intercept - 1) < 1e-12);
  assert.deepStrictEqual(transferOf({width: 255, level: 127.5}), {slope: 1, intercept: 0});
});
