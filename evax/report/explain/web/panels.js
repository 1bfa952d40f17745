"use strict";
// A panel shows the X-ray, and over it what one model sees.

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

// A name among other words keeps its writing direction to itself.
function named(text) {
  return element("bdi", {textContent: text});
}

// Scrolls what holds the item, and nothing around it.
function bringIntoView(holder, item) {
  const [outer, inner] = [holder, item].map((node) => node.getBoundingClientRect());
  const beyond = (before, after) => before < 0 ? before : Math.max(0, after);
  holder.scrollTop += beyond(inner.top - outer.top, inner.bottom - outer.bottom);
  holder.scrollLeft += beyond(inner.left - outer.left, inner.right - outer.right);
}

function createPanel(model) {
  const panel = {
    picture: element("img", {alt: "", draggable: false, decoding: "sync"}),
    heat: element("canvas", {width: model.imageSize, height: model.imageSize}),
    boxes: element("div", {className: "boxes"}),
    corner: element("div", {className: "corner"}),
    finding: element("output", {className: "finding"}),
    shown: {},
  };
  panel.stage = element("div", {className: "stage"}, panel.picture, panel.heat, panel.boxes);
  panel.screen = element("div", {className: "screen", tabIndex: 0}, panel.stage, panel.corner);
  panel.screen.setAttribute("role", "application");
  const heading = element("h2", {title: model.name}, named(model.name));
  panel.root = element("section", {className: "panel"}, heading, panel.screen, panel.finding);
  panel.root.setAttribute("aria-label", model.name);
  return panel;
}

function screenOf(panel) {
  return {width: panel.screen.clientWidth, height: panel.screen.clientHeight};
}

function place(target, area, image) {
  Object.assign(target.style, {
    left: `${100 * area.x / image.width}%`,
    top: `${100 * area.y / image.height}%`,
    width: `${100 * area.width / image.width}%`,
    height: `${100 * area.height / image.height}%`,
  });
}

function placeStage(panel, view, image) {
  const {left, top, width, height} = placement(view, image, screenOf(panel));
  Object.assign(panel.stage.style, {
    left: `${left}px`,
    top: `${top}px`,
    width: `${width}px`,
    height: `${height}px`,
  });
}

// The colour says the value, the opacity its strength.
function paintHeat(canvas, map) {
  const context = canvas.getContext("2d");
  const pixels = context.createImageData(canvas.width, canvas.height);
  for (let i = 0; i < map.length; ++i) {
    const level = Math.round(255 * map[i]) || 0;
    pixels.data.set(page.colours[level], 4 * i);
    pixels.data[4 * i + 3] = level;
  }
  context.putImageData(pixels, 0, 0);
}

// `map`: from 0 to 1 on the network's square, or null.
function showHeat(panel, map, seen, image, opacity) {
  panel.heat.hidden = map === null;
  if (map === null) return;
  if (panel.shown.map !== map) paintHeat(panel.heat, map);
  panel.shown.map = map;
  panel.heat.style.opacity = opacity;
  place(panel.heat, seen, image);
}

// `boxes`: {kind, area, label}.
function showBoxes(panel, boxes, image) {
  panel.boxes.replaceChildren(...boxes.map(({kind, area, label}) => {
    const box = element("div", {className: `box ${kind}`});
    if (label) box.append(element("span", {}, named(label)));
    place(box, area, image);
    return box;
  }));
}

function showCorner(panel, {window, view}, image) {
  const scale = Math.round(100 * scaleOf(view, image, screenOf(panel)));
  const [width, level] = [window.width, window.level].map(Math.round);
  panel.corner.textContent = `W ${width} L ${level} · ${scale} %`;
}

function showPicture(panel, source) {
  if (panel.picture.src !== source) panel.picture.src = source;
}

function showTransfer({slope, intercept}) {
  for (const channel of document.querySelectorAll("#window feComponentTransfer > *")) {
    channel.setAttribute("slope", slope);
    channel.setAttribute("intercept", intercept);
  }
}
