"use strict";
// The page that evax explain made of demo/xrays, opened by an address into it:
// node explain_page_test.js CHROMIUM PAGE.

const assert = require("node:assert");
const {pathToFileURL} = require("node:url");
const {Browser} = require("../../evax/report/explain/web/browser.js");

const [chromium, file] = process.argv.slice(2);

async function check(page) {
  const text = (selector) => page.get(`document.querySelector("${selector}").textContent`);
  assert.strictEqual(await text("#position"), "2 of 8");
  assert.strictEqual(
      await page.get(`document.querySelector("#classes [aria-pressed=true]").dataset.name`),
      "Pneumonia");
  assert.match(await text(".finding"),
               /^Pneumonia not predicted, probability 0\.\d+ .*; box \d+ × \d+ px .* known box 0\.\d+$/);
  const titles = await page.get(
      `[...document.querySelectorAll("#classes button")].map(({title}) => title)`);
  assert.match(titles[0], /: predicted, probability 0\.\d+ \(threshold 0\.\d+\)$/);
  assert.match(titles[1], /: not predicted, probability 0\.\d+ \(threshold 0\.\d+\)$/);
  assert.strictEqual(await text("#legend"), "Bar: probability; line: threshold; +: predicted.");
  const map = await page.get(`(() => {
    const {cam} = loadedMaps.get("maps-1-0");
    return [cam.length, cam[1].length, Math.max(...cam[1])];
  })()`);
  assert.deepStrictEqual(map.slice(0, 2), [2, 196]);
  assert.ok(map[2] > 0);
  await page.key("a");
  assert.match(await text(".finding"), /^Attention of the patch in row 8, column 8/);
  assert.deepStrictEqual(page.complaints, []);
  assert.deepStrictEqual(page.requests.filter((request) => !/^(file|data):/.test(request)), []);
}

(async () => {
  const browser = await Browser.start(chromium);
  try {
    await check(await browser.open(`${pathToFileURL(file).href}#image=2&finding=Pneumonia`));
  } finally {
    await browser.close();
  }
})();
