"use strict";
// What is shown, and how it comes about: whatever happens changes `state`, and the page is drawn
// from it.

const byId = (id) => document.getElementById(id);

const state = {
  image: 0,
  finding: "",   // the name of the chosen class; empty: none
  keep: false,   // it from image to image
  point: null,   // of the image, whose patch's attention is shown; null: Grad-CAM
  threshold: page.camThreshold,
  opacity: 0.5,  // of the strongest overlay
  overlay: true,
  truth: true,
  pan: false,    // what dragging does; else it sets the window
  window: wholeRange,
  view: fitted(page.images[0]),
};
const panels = page.models.map(createPanel);
const pictures = [...document.querySelectorAll("#images img")];
let frame = 0;  // asked for

function shownImage() {
  return page.images[state.image];
}

function change(changes) {
  Object.assign(state, changes);
  frame ||= requestAnimationFrame(draw);
}

function draw() {
  frame = 0;
  panels.forEach(drawPanel);
  showTransfer(transferOf(state.window));
  showControls();
}

function drawPanel(panel, m) {
  const image = shownImage();
  const [model, explanation] = [page.models[m], image.explanations[m]];
  placeStage(panel, state.view, image);
  showPicture(panel, pictures[state.image].src);
  showCorner(panel, state, image);
  panel.screen.setAttribute("aria-label", `X-ray ${image.name}, ${model.name}`);
  const maps = mapsOf(state.image, m, () => change({}));
  if (!maps) return;
  const sight = {panel, model, image, explanation, maps};
  const scene = state.point ? attentionScene(sight, state.point)
                            : camScene(sight, state.finding, state.threshold);
  const known = state.truth ? knownBoxes(image, state.finding) : [];
  const seen = {kind: "seen", area: explanation.seen};
  showHeat(panel, state.overlay ? scene.map : null, explanation.seen, image, state.opacity);
  showBoxes(panel, [seen, ...known, ...scene.boxes], image);
  sayFinding(panel.finding, state.point ? "" : state.finding, ...scene.words);
}

// What can be done.

function showImage(index, finding = state.keep ? state.finding : "") {
  if (index < 0 || index >= page.images.length) return;
  const image = page.images[index];
  const findings = findingsOf(image);
  const chosen = findings.find(({name}) => name === finding) ?? findings[0];
  const attention = state.point !== null || findings.length === 0;
  change({
    image: index,
    finding: chosen?.name ?? "",
    view: fitted(image),
    point: attention && hasAttention(image) ? middlePoint(image) : null,
  });
  listImage(index);
}

function turn(step) {
  showImage(state.image + step);
}

// Of a click; where no model saw the image there is nothing to attend to.
function showAttention(point) {
  const image = shownImage();
  const seen = image.explanations.some(
      ({attention, seen: area}, m) =>
          attention && patchAt(point, page.models[m].grid, area) >= 0);
  if (seen) change({point});
}

function middlePoint(image) {
  return {x: image.width / 2, y: image.height / 2};
}

function showCam() {
  if (findingsOf(shownImage()).length > 0) change({point: null});
}

function switchMode() {
  if (state.point) showCam();
  else showAttention(middlePoint(shownImage()));
}

function movePatch(columns, rows) {
  const m = shownImage().explanations.findIndex(({attention}) => attention);
  const {seen} = shownImage().explanations[m];
  const {grid} = page.models[m];
  const {x, y} = state.point;
  showAttention({x: x + columns * seen.width / grid, y: y + rows * seen.height / grid});
}

function chooseFinding(position) {
  const {name} = findingsOf(shownImage())[position] ?? {};
  if (name !== undefined) change({finding: name, point: null});
}

function stepFinding(step) {
  chooseFinding(findingsOf(shownImage()).findIndex(({name}) => name === state.finding) + step);
}

function zoom(factor, panel = panels[0], at = null) {
  const [screen, image] = [screenOf(panel), shownImage()];
  const fixed = at ? imagePoint(state.view, image, screen, at) : state.view;
  change({view: zoomed(state.view, factor, image, screen, fixed)});
}

function pan(dx, dy, panel = panels[0]) {
  change({view: moved(state.view, dx, dy, shownImage(), screenOf(panel))});
}

function widen(dx, dy) {
  const {width, level} = state.window;
  change({window: heldWindow({
    width: width + levelsPerPixel * dx,
    level: level + levelsPerPixel * dy,
  })});
}

function fit() {
  change({view: fitted(shownImage())});
}

// A page may be opened at an image and a finding: page.html#image=2&finding=Effusion
function followAddress() {
  const wanted = new URLSearchParams(location.hash.slice(1));
  const index = Math.min(Math.max(Number.parseInt(wanted.get("image") ?? "1") || 1, 1),
                         page.images.length) - 1;
  showImage(index, wanted.get("finding") ?? undefined);
}

byId("panels").append(...panels.map(({root}) => root));
panels.forEach((panel) => {
  let pointBefore = null;  // of the click that a double click begins with
  followPointer(panel, {
    drag: (dx, dy, other) => state.pan !== other ? pan(dx, dy, panel) : widen(dx, dy),
    pinch: (factor, point, dx, dy) => {
      pan(dx, dy, panel);
      zoom(factor, panel, point);
    },
    click: (at) => {
      pointBefore = state.point;
      showAttention(imagePoint(state.view, shownImage(), screenOf(panel), at));
    },
    fit: () => change({view: fitted(shownImage()), point: pointBefore}),
    wheel: (factor, at) => zoom(factor, panel, at),
  });
  new ResizeObserver(() => change({})).observe(panel.screen);
});
setUpControls();
addEventListener("keydown", followKeys);
addEventListener("hashchange", followAddress);
followAddress();
draw();
performance.mark("interactive");
