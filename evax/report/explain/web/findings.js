"use strict";
// The list of findings, and what is said of the chosen one.

const unknownClass = "not a class of this model";

function shownProbability(probability) {
  return probability === null ? "–" : probability.toFixed(3);
}

function scoreLine(score) {
  if (!score) return element("span", {className: "score soft", textContent: unknownClass});
  const bar = element("span", {className: "bar"}, element("i"));
  bar.firstChild.style.width = `${100 * (score.probability ?? 0)}%`;
  if (score.threshold !== null) {
    const mark = element("b");
    mark.style.left = `${100 * score.threshold}%`;
    bar.append(mark);
  }
  return element(
      "span", {className: score.positive ? "score positive" : "score"}, bar,
      element("span", {className: "value", textContent: shownProbability(score.probability)}),
      element("span", {className: "verdict", textContent: score.positive ? "+" : ""}));
}

function findingButton(finding, position, known, choose) {
  const key = element("kbd", {textContent: position < 9 ? position + 1 : ""});
  const name = element("span", {className: "name"}, named(finding.name));
  if (known) name.append(element("span", {className: "known", title: "known box"}));
  const button = element(
      "button", {type: "button", onclick: choose}, key, name,
      ...classifiers.map((m) => scoreLine(finding.scores[m])));
  if (finding.scores.some((score) => score?.positive)) button.classList.add("positive");
  const verdicts =
      classifiers.map((m) => `${page.models[m].name}: ${verdictText(finding.scores[m])}`);
  button.title = verdicts.join("\n");
  button.setAttribute("aria-label", `${finding.name}. ${verdicts.join(". ")}`);
  return button;
}

// Builds the list anew; whoever was in it with the keyboard stays there.
function listFindings(list, image, choose) {
  const focused = list.contains(document.activeElement);
  list.replaceChildren(...findingsOf(image).map((finding, position) => {
    const known = truthOf(image, finding.name).length > 0;
    const button = findingButton(finding, position, known, () => choose(finding.name));
    button.dataset.name = finding.name;
    return element("li", {}, button);
  }));
  return focused;
}

function markChosen(list, name, focus) {
  for (const button of list.querySelectorAll("button")) {
    const chosen = button.dataset.name === name;
    button.setAttribute("aria-pressed", chosen);
    if (!chosen) continue;
    if (focus) button.focus();
    bringIntoView(list, button);
  }
}

function legendText() {
  const [first, second] = classifiers.map((m) => page.models[m].name);
  const bars = second === undefined ? "Bar: probability" : `Upper bar: ${first}; lower bar: ${second}`;
  const positive = new Set(classifiers.map((m) => verdictsOf(page.models[m])[0]));
  return `${bars}; line: threshold; +: ${[...positive].join(" or ")}.`;
}

function verdictText(score) {
  if (!score) return unknownClass;
  const threshold = score.threshold === null ? "" : ` (threshold ${score.threshold.toFixed(3)})`;
  return `${score.verdict}, probability ${shownProbability(score.probability)}${threshold}`;
}

function boxText(box) {
  const [x, y, width, height] = [box.x, box.y, box.width, box.height].map(Math.round);
  return `box ${width} × ${height} px at ${x}, ${y}`;
}

// `map`: null where the model made none. `truth`: boxes of the finding.
function camText(map, box, truth) {
  if (map === null) return "no map of this finding";
  if (!box) return "nothing in the map is above its threshold";
  if (truth.length === 0) return boxText(box);
  const iou = Math.max(...truth.map((area) => boxIou(box, area)));
  return `${boxText(box)}, IoU with the known box ${iou.toFixed(2)}`;
}

function attentionText(maps, patch, grid) {
  if (!maps.rows) return "No attention of this model on this page";
  if (patch < 0) return "This model did not see the point";
  const [row, column] = [Math.floor(patch / grid) + 1, patch % grid + 1];
  const peak = (100 * maps.peaks[patch]).toFixed(1);
  const place = `row ${row}, column ${column}`;
  return `Attention of the patch in ${place}: at most ${peak}\u00a0% goes to one patch`;
}

function sayFinding(output, name, ...sentences) {
  const words = sentences.filter((sentence) => sentence !== "").join("; ");
  const key = `${name}: ${words}`;
  if (output.dataset.said === key) return;  // a screen reader would repeat it
  output.dataset.said = key;
  output.replaceChildren(...(name === "" ? [] : [element("strong", {}, named(name)), " "]), words);
}
