"use strict";
// Mouse and fingers on a panel.

const clickSlack = 4;       // pixels of the screen
const levelsPerPixel = 0.7;  // of the window

function pointOf(event, panel) {
  const {left, top} = panel.screen.getBoundingClientRect();
  return {x: event.clientX - left, y: event.clientY - top};
}

function middleOf([a, b]) {
  return {x: (a.x + b.x) / 2, y: (a.y + b.y) / 2};
}

function distanceOf([a, b]) {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

// `act`: {drag(dx, dy, other), pinch(factor, point, dx, dy), click(point), fit(), wheel(factor,
// point)}; `other`: with the other of the two tools.
function followPointer(panel, act) {
  const {screen} = panel;
  const down = new Map();
  let travelled = 0;

  const move = (event) => {
    const before = down.get(event.pointerId);
    if (!before) return;
    const point = pointOf(event, panel);
    const others = [...down].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
    down.set(event.pointerId, point);
    const [dx, dy] = [point.x - before.x, point.y - before.y];
    travelled += Math.hypot(dx, dy);
    if (others.length === 1) {
      const [now, then] = [[point, others[0]], [before, others[0]]];
      act.pinch(distanceOf(now) / Math.max(1, distanceOf(then)), middleOf(now), dx / 2, dy / 2);
    } else if (others.length === 0 && travelled > clickSlack) {
      act.drag(dx, dy, event.shiftKey || (event.buttons & 6) !== 0);
    }
  };

  screen.addEventListener("pointerdown", (event) => {
    if (down.size === 0) travelled = 0;
    down.set(event.pointerId, pointOf(event, panel));
    screen.setPointerCapture(event.pointerId);
  });
  screen.addEventListener("pointermove", move);
  for (const end of ["pointerup", "pointercancel"])
    screen.addEventListener(end, (event) => down.delete(event.pointerId));
  screen.addEventListener("click", (event) => {
    if (travelled <= clickSlack && event.detail < 2) act.click(pointOf(event, panel));
  });
  screen.addEventListener("dblclick", () => act.fit());
  screen.addEventListener("contextmenu", (event) => event.preventDefault());
  screen.addEventListener("wheel", (event) => {
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode === 1 ? 16 : 1);
    act.wheel(Math.exp(-0.002 * pixels), pointOf(event, panel));
  }, {passive: false});
}
