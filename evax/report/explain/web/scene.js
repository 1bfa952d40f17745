"use strict";
// What one model shows of one image: {map, boxes, words}; map null where there is none.

// The heat map of a grid, remembered: sliders ask for it again and again.
function heatOf(panel, grid, model) {
  const {shown} = panel;
  if (shown.grid !== grid) shown.heat = heatMap(grid, model.grid, model.imageSize);
  shown.grid = grid;
  return shown.heat;
}

// `sight`: {panel, model, image, explanation, maps}.
function camScene({panel, model, image, explanation, maps}, finding, threshold) {
  if (finding === "") return {map: null, boxes: [], words: ["No finding to show"]};
  if (model.classes.length === 0)
    return {map: null, boxes: [], words: ["this model has no head; click the image for its attention"]};
  const grid = camGrid(maps, model, explanation, finding);
  const map = grid && heatOf(panel, grid, model);
  const found = map && largestBox(map, model.imageSize, threshold);
  const box = found && inImage(found, model.imageSize, explanation.seen);
  const verdict = verdictText(scoreOf(model, explanation, finding));
  const words = [verdict, camText(map, box, truthOf(image, finding))];
  return {map, boxes: box ? [{kind: "found", area: box}] : [], words};
}

function attentionScene({panel, model, explanation: {seen}, maps}, point) {
  const {grid} = model;
  const patch = patchAt(point, grid, seen);
  const words = [attentionText(maps, patch, grid)];
  if (patch < 0 || !maps.rows) return {map: null, boxes: [], words};
  const corner = {x: patch % grid, y: Math.floor(patch / grid), width: 1, height: 1};
  const boxes = [{kind: "patch", area: inImage(corner, grid, seen)}];
  return {map: heatOf(panel, maps.rows[patch], model), boxes, words};
}

function knownBoxes(image, finding) {
  return image.truth.map(({label, area}) => {
    return {kind: label === finding ? "truth" : "truth other", area, label};
  });
}
