"use strict";
// The data of the page as explain/page.cpp wrote it.

const page = JSON.parse(document.getElementById("page").textContent);

// The places of the models that have a head.
const classifiers = [...page.models.keys()].filter((m) => page.models[m].classes.length > 0);

// The findings of an image, the most probable first: {name, scores}, a score for each model, null
// where the model does not know the class.
function findingsOf(image) {
  const names = new Set(page.models.flatMap((model) => model.classes.map(({name}) => name)));
  const findings = [...names].map((name) => ({
    name,
    scores: page.models.map((model, m) => scoreOf(model, image.explanations[m], name)),
  }));
  const rank = ({scores}) => Math.max(...scores.map((score) => score?.probability ?? -1));
  return findings.sort((a, b) => rank(b) - rank(a));
}

function scoreOf(model, explanation, name) {
  const index = classIndex(model, name);
  if (index < 0) return null;
  const probability = explanation.probabilities[index];
  const {threshold} = model.classes[index];
  const positive = explanation.positive[index];
  return {probability, threshold, positive, verdict: verdictsOf(model)[positive ? 0 : 1]};
}

// Of exclusive classes one is predicted; of others each is positive or negative.
function verdictsOf(model) {
  return model.exclusive ? ["predicted", "not predicted"] : ["positive", "negative"];
}

function classIndex(model, name) {
  return model.classes.findIndex((candidate) => candidate.name === name);
}

const loadedMaps = new Map();

// The unpacked maps, or null until they are: then `ready` is called.
function mapsOf(imageIndex, modelIndex, ready) {
  const id = `maps-${imageIndex}-${modelIndex}`;
  if (!loadedMaps.has(id)) {
    loadedMaps.set(id, null);
    unpack(id, page.models[modelIndex], page.images[imageIndex].explanations[modelIndex])
        .then((maps) => {
          loadedMaps.set(id, maps);
          ready();
        });
  }
  return loadedMaps.get(id);
}

async function unpack(id, model, explanation) {
  const buffer = await inflate(document.getElementById(id).textContent);
  return unpackMaps(buffer, model.grid, explanation.cam.length, explanation.attention);
}

function hasAttention(image) {
  return image.explanations.some(({attention}) => attention);
}

// The grid of a class, null where the model made none.
function camGrid(maps, model, explanation, name) {
  const position = explanation.cam.indexOf(classIndex(model, name));
  return position < 0 ? null : maps.cam[position];
}

// The known boxes of a class.
function truthOf(image, name) {
  return image.truth.filter(({label}) => label === name).map(({area}) => area);
}
