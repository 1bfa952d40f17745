"use strict";
// A headless Chromium, driven through its DevTools pipe: what a test does is what a reader does.

const {spawn} = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");

const flags = [
  "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
  "--host-resolver-rules=MAP * ~NOTFOUND", "--remote-debugging-pipe", "about:blank",
];

const keyCodes = {
  ArrowLeft: 37, ArrowUp: 38, ArrowRight: 39, ArrowDown: 40, Escape: 27, Tab: 9, Enter: 13, End: 35,
};

class Browser {
  static async start(chromium) {
    const browser = new Browser();
    browser.profile = fs.mkdtempSync(path.join(os.tmpdir(), "evax-browser-"));
    browser.process = spawn(
        chromium, [`--user-data-dir=${browser.profile}`, ...flags],
        {stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"]});
    browser.listen();
    return browser;
  }

  listen() {
    this.waiting = new Map();
    this.listeners = [];
    let rest = "";
    this.process.stdio[4].setEncoding("utf8").on("data", (text) => {
      const messages = (rest + text).split("\0");
      rest = messages.pop();
      messages.forEach((message) => this.receive(JSON.parse(message)));
    });
  }

  receive(message) {
    const answer = this.waiting.get(message.id);
    if (!answer) return this.listeners.forEach((listener) => listener(message));
    this.waiting.delete(message.id);
    if (message.error) answer.reject(new Error(message.error.message));
    else answer.resolve(message.result);
  }

  send(method, params = {}, sessionId = undefined) {
    const id = this.sent = (this.sent ?? 0) + 1;
    this.process.stdio[3].write(`${JSON.stringify({id, method, params, sessionId})}\0`);
    return new Promise((resolve, reject) => this.waiting.set(id, {resolve, reject}));
  }

  async open(url, {width = 1280, height = 800, dark = false} = {}) {
    const {targetId} = await this.send("Target.createTarget", {url: "about:blank"});
    const {sessionId} = await this.send("Target.attachToTarget", {targetId, flatten: true});
    const page = new Page(this, sessionId);
    this.listeners.push((message) => message.sessionId === sessionId && page.hear(message));
    for (const domain of ["Page", "Runtime", "Log", "Network"]) await page.send(`${domain}.enable`);
    await page.send("Emulation.setDeviceMetricsOverride",
                    {width, height, deviceScaleFactor: 1, mobile: false});
    const features = [{name: "prefers-color-scheme", value: dark ? "dark" : "light"}];
    await page.send("Emulation.setEmulatedMedia", {features});
    const loaded = page.event("Page.loadEventFired");
    await page.send("Page.navigate", {url});
    await loaded;
    await page.settle();
    return page;
  }

  async close() {
    const ended = new Promise((resolve) => this.process.once("exit", resolve));
    await this.send("Browser.close");
    await ended;
    fs.rmSync(this.profile, {recursive: true, force: true, maxRetries: 5});
  }
}

class Page {
  constructor(browser, sessionId) {
    Object.assign(this, {browser, sessionId, complaints: [], requests: [], awaited: []});
  }

  send(method, params) {
    return this.browser.send(method, params, this.sessionId);
  }

  hear({method, params}) {
    if (method === "Runtime.exceptionThrown") this.complaints.push(params.exceptionDetails);
    if (method === "Log.entryAdded") this.complaints.push(params.entry.text);
    if (method === "Network.requestWillBeSent") this.requests.push(params.request.url);
    this.awaited = this.awaited.filter(({name, resolve}) => name !== method || resolve());
  }

  event(name) {
    return new Promise((resolve) => this.awaited.push({name, resolve}));
  }

  // The value of an expression, awaited where it is a promise.
  async get(expression) {
    const {result, exceptionDetails} = await this.send(
        "Runtime.evaluate", {expression, awaitPromise: true, returnByValue: true});
    if (exceptionDetails) throw new Error(`${expression}: ${exceptionDetails.exception.description}`);
    return result.value;
  }

  // Until what was asked for is drawn: two frames, and the maps in between.
  settle() {
    return this.get(`(async () => {
      const frame = () => new Promise(requestAnimationFrame);
      await frame(); await frame();
      while ([...loadedMaps.values()].includes(null)) await frame();
      await frame(); await frame();
    })()`);
  }

  async key(key, modifiers = 0) {
    const text = key.length === 1 ? key : undefined;
    const event = {key, text, modifiers, windowsVirtualKeyCode: keyCodes[key]};
    await this.send("Input.dispatchKeyEvent", {type: "keyDown", ...event});
    await this.send("Input.dispatchKeyEvent", {type: "keyUp", ...event});
    await this.settle();
  }

  mouse(type, x, y, more = {}) {
    return this.send("Input.dispatchMouseEvent", {type, x, y, ...more});
  }

  async click(x, y, clickCount = 1) {
    for (let count = 1; count <= clickCount; ++count) {
      const button = {button: "left", buttons: 1, clickCount: count};
      await this.mouse("mousePressed", x, y, button);
      await this.mouse("mouseReleased", x, y, {...button, buttons: 0});
    }
    await this.settle();
  }

  async drag(x, y, dx, dy, button = "left") {
    const buttons = button === "left" ? 1 : 2;
    await this.mouse("mousePressed", x, y, {button, buttons, clickCount: 1});
    for (let step = 1; step <= 4; ++step)
      await this.mouse("mouseMoved", x + dx * step / 4, y + dy * step / 4, {button, buttons});
    await this.mouse("mouseReleased", x + dx, y + dy, {button, buttons: 0, clickCount: 1});
    await this.settle();
  }

  async wheel(x, y, deltaY) {
    await this.mouse("mouseWheel", x, y, {deltaX: 0, deltaY});
    await this.settle();
  }

  async screenshot(file) {
    const {data} = await this.send("Page.captureScreenshot");
    fs.writeFileSync(file, Buffer.from(data, "base64"));
  }
}

module.exports = {Browser};
