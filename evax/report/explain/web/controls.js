"use strict";
// Buttons, sliders and keys.

function showControls() {
  for (const input of document.querySelectorAll("[name=mode]"))
    input.checked = (input.value === "attention") === (state.point !== null);
  for (const input of document.querySelectorAll("[name=drag]"))
    input.checked = (input.value === "pan") === state.pan;
  for (const name of ["keep", "overlay", "truth"]) byId(name).checked = state[name];
  setSlider("threshold", state.threshold, state.threshold.toFixed(2));
  setSlider("opacity", 100 * state.opacity, `${Math.round(100 * state.opacity)} %`);
  for (const name of ["width", "level"])
    setSlider(name, state.window[name], Math.round(state.window[name]));
  markChosen(byId("classes"), state.finding);
}

function setSlider(id, value, text) {
  const slider = byId(id);
  slider.value = value;
  slider.setAttribute("aria-valuetext", text);
  slider.parentElement.querySelector("output").textContent = text;
}

// The image of the list, and its findings.
function listImage(index) {
  const thumbnails = document.querySelectorAll("#images button");
  thumbnails.forEach((button, i) => button.setAttribute("aria-pressed", i === index));
  bringIntoView(document.querySelector("nav"), thumbnails[index]);
  byId("position").textContent = `${index + 1} of ${page.images.length}`;
  byId("previous").disabled = index === 0;
  byId("next").disabled = index === page.images.length - 1;
  const image = page.images[index];
  const choose = (name) => change({finding: name, point: null});
  const inList = listFindings(byId("classes"), image, choose);
  markChosen(byId("classes"), state.finding, inList);
  byId("truth").parentElement.hidden = image.truth.length === 0;
}

function setUpControls() {
  const onClick = (id, action) => byId(id).addEventListener("click", action);
  document.querySelectorAll("#images button").forEach(
      (button, i) => button.addEventListener("click", () => showImage(i)));
  onClick("previous", () => turn(-1));
  onClick("next", () => turn(1));
  onClick("zoom-in", () => zoom(1.25));
  onClick("zoom-out", () => zoom(1 / 1.25));
  onClick("fit", fit);
  onClick("reset-window", () => change({window: wholeRange}));
  onClick("show-help", () => byId("help").showModal());
  onClick("show-facts", () => byId("facts").showModal());
  for (const name of ["keep", "overlay", "truth"])
    byId(name).addEventListener("change", ({target}) => change({[name]: target.checked}));
  for (const input of document.querySelectorAll("[name=mode]"))
    input.addEventListener("change", () => { switchMode(); change({}); });
  for (const input of document.querySelectorAll("[name=drag]"))
    input.addEventListener("change", () => change({pan: input.value === "pan"}));
  setUpSliders();
  byId("outdated").hidden = typeof DecompressionStream === "function";
  byId("legend").textContent = legendText();
  document.body.classList.add(classifiers.length === 2 ? "two" : "one");
  document.body.classList.toggle("single", page.images.length === 1);
  const headless = classifiers.length === 0;
  byId("findings").hidden = byId("threshold").parentElement.hidden = headless;
  const attention = page.images.some(hasAttention);
  byId("mode").hidden = headless || !attention;
}

function setUpSliders() {
  const onInput = (id, follow) =>
      byId(id).addEventListener("input", ({target}) => change(follow(target.valueAsNumber)));
  onInput("threshold", (threshold) => ({threshold}));
  onInput("opacity", (percent) => ({opacity: percent / 100}));
  for (const name of ["width", "level"])
    onInput(name, (value) => ({window: {...state.window, [name]: value}}));
  const stops = page.colours.filter((_, i) => i % 15 === 0).map((rgb) => `rgb(${rgb})`);
  byId("threshold").style.setProperty("--scale", `linear-gradient(to right, ${stops})`);
}

function nudge(name, step, low, high) {
  const value = Math.round(100 * (state[name] + step)) / 100;
  change({[name]: Math.min(Math.max(value, low), high)});
}

const keys = {
  j: () => turn(1),
  k: () => turn(-1),
  a: switchMode,
  Escape: showCam,
  "[": () => nudge("threshold", -0.02, 0.01, 0.99),
  "]": () => nudge("threshold", 0.02, 0.01, 0.99),
  ",": () => nudge("opacity", -0.1, 0, 1),
  ".": () => nudge("opacity", 0.1, 0, 1),
  o: () => change({overlay: !state.overlay}),
  t: () => change({truth: !state.truth}),
  c: () => change({keep: !state.keep}),
  w: () => change({pan: !state.pan}),
  r: () => change({window: wholeRange}),
  "+": () => zoom(1.25),
  "=": () => zoom(1.25),
  "-": () => zoom(1 / 1.25),
  0: fit,
  "?": () => byId("help").showModal(),
  ArrowLeft: () => state.point ? movePatch(-1, 0) : turn(-1),
  ArrowRight: () => state.point ? movePatch(1, 0) : turn(1),
  ArrowUp: () => state.point ? movePatch(0, -1) : stepFinding(-1),
  ArrowDown: () => state.point ? movePatch(0, 1) : stepFinding(1),
};
for (const [direction, x, y] of [["Left", 1, 0], ["Right", -1, 0], ["Up", 0, 1], ["Down", 0, -1]])
  keys[`Shift Arrow${direction}`] = () => pan(60 * x, 60 * y);
for (let i = 1; i <= 9; ++i) keys[i] = () => chooseFinding(i - 1);

function followKeys(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.querySelector("dialog[open]")) return;  // which closes itself
  const own = event.target.matches("input") && event.key.startsWith("Arrow");  // sliders move
  const shifted = event.shiftKey && event.key.startsWith("Arrow");
  const key = shifted ? `Shift ${event.key}` : event.key;
  if (own || !Object.hasOwn(keys, key)) return;
  event.preventDefault();
  keys[key]();
}
