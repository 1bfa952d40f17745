"use strict";
// How an X-ray lies on its screen, and which of its grey levels are told apart. Pure functions.

const largestZoom = 16;

// Pixels of the screen per pixel of the image.
function scaleOf(view, image, screen) {
  const fit = Math.min(screen.width / image.width, screen.height / image.height);
  return fit * view.zoom;
}

// The image's rectangle on the screen. `view`: zoom, and the point of the image in the middle.
function placement(view, image, screen) {
  const scale = scaleOf(view, image, screen);
  return {
    left: screen.width / 2 - view.x * scale,
    top: screen.height / 2 - view.y * scale,
    width: image.width * scale,
    height: image.height * scale,
  };
}

// The point of the image under a point of the screen.
function imagePoint(view, image, screen, point) {
  const scale = scaleOf(view, image, screen);
  return {
    x: view.x + (point.x - screen.width / 2) / scale,
    y: view.y + (point.y - screen.height / 2) / scale,
  };
}

// The middle of the view that shows no more beside the image than it must.
function heldMiddle(middle, length, shown) {
  if (shown >= length) return length / 2;
  return Math.min(Math.max(middle, shown / 2), length - shown / 2);
}

function held(view, image, screen) {
  const scale = scaleOf(view, image, screen);
  return {
    zoom: view.zoom,
    x: heldMiddle(view.x, image.width, screen.width / scale),
    y: heldMiddle(view.y, image.height, screen.height / scale),
  };
}

function fitted(image) {
  return {zoom: 1, x: image.width / 2, y: image.height / 2};
}

// The point of the image stays where it is on the screen.
function zoomed(view, factor, image, screen, fixed) {
  const zoom = Math.min(Math.max(view.zoom * factor, 1), largestZoom);
  const kept = view.zoom / zoom;
  const around = {
    zoom,
    x: fixed.x + (view.x - fixed.x) * kept,
    y: fixed.y + (view.y - fixed.y) * kept,
  };
  return held(around, image, screen);
}

function moved(view, dx, dy, image, screen) {
  const scale = scaleOf(view, image, screen);
  return held({zoom: view.zoom, x: view.x - dx / scale, y: view.y - dy / scale}, image, screen);
}

const wholeRange = {width: 255, level: 127.5};

function heldWindow({width, level}) {
  return {
    width: Math.min(Math.max(width, 2), 510),
    level: Math.min(Math.max(level, 0), 255),
  };
}

// shown = slope * stored + intercept, both from 0 to 1: black at level - width / 2, white at
// level + width / 2.
function transferOf({width, level}) {
  return {slope: 255 / width, intercept: 0.5 - level / width};
}
