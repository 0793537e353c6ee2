/* Geometry: coordinates of words and lines, and small helpers. Joined to viewer.js as one module; see viewer.py. */

function bandOf(conf) {
  return BANDS.find(({ to }) => conf < to)?.name ?? BANDS.at(-1).name;
}

function cornersOf(quads, index) {
  const at = 8 * index;
  return [0, 2, 4, 6].map((k) => [quads[at + k], quads[at + k + 1]]);
}

function middleOf(quads, index) {
  const at = 8 * index;
  const x = quads[at] + quads[at + 2] + quads[at + 4] + quads[at + 6];
  const y = quads[at + 1] + quads[at + 3] + quads[at + 5] + quads[at + 7];
  return [x / 4, y / 4];
}

function topOf(quads, index) {
  const top = Math.min(...cornersOf(quads, index).map(([, y]) => y));
  return [middleOf(quads, index)[0], top];
}

function heightOf(quads, index) {
  const at = 8 * index;
  return Math.hypot(quads[at + 6] - quads[at], quads[at + 7] - quads[at + 1]);
}

function medianHeight(quads) {
  const heights = [];
  for (let i = 0; i < quads.length / 8; i++) heights.push(heightOf(quads, i));
  return heights.sort((a, b) => a - b)[heights.length >> 1] ?? FULL_LINE_HEIGHT;
}

/** One box for each line or block, in the order of their first words. */
function groupBoxes(quads, confs, groups) {
  const members = new Map();
  groups.forEach((group, i) => {
    if (!members.has(group)) members.set(group, []);
    members.get(group).push(i);
  });
  return [...members.values()].map((words) => ({
    ...boxAround(words.map((i) => cornersOf(quads, i))),
    conf: Math.min(...words.map((i) => confs[i])),
  }));
}

/** The smallest box around some words, with the same tilt. */
function boxAround(words) {
  const slope = meanOf(words.map(([left, right]) => [right[0] - left[0], right[1] - left[1]]));
  const length = Math.hypot(...slope);
  const [c, s] = length ? [slope[0] / length, slope[1] / length] : [1, 0];
  const level = words.flat().map(([x, y]) => [c * x + s * y, c * y - s * x]);
  const [us, vs] = [level.map(([u]) => u), level.map(([, v]) => v)];
  const [left, right] = [Math.min(...us), Math.max(...us)];
  const [top, bottom] = [Math.min(...vs), Math.max(...vs)];
  const tilted = ([u, v]) => [c * u - s * v, s * u + c * v];
  const corners = [[left, top], [right, top], [right, bottom], [left, bottom]].map(tilted);
  return { corners, middle: meanOf(corners), start: meanOf([corners[0], corners[3]]) };
}

/** Index of the word whose centre is nearest to a point, or -1. */
function nearestWord(quads, point) {
  let nearest = -1;
  let least = Infinity;
  for (let i = 0; i < quads.length / 8; i++) {
    const away = distance(middleOf(quads, i), point);
    if (away < least) [nearest, least] = [i, away];
  }
  return nearest;
}

/** Scale and centre for switching images so that the word nearest to `middle` stays there.

    Words are more reliable than sizes, as a prepared image may be cropped or rotated. */
function followWords(old, young, middle) {
  let [before, after] = [0, 0];
  for (let i = 0; i < old.length / 8; i++) {
    before += diagonalOf(old, i);
    after += diagonalOf(young, i);
  }
  const nearest = nearestWord(old, middle);
  const ratio = before > 0 && after > 0 ? before / after : 1;
  const [from, to] = [middleOf(old, nearest), middleOf(young, nearest)];
  return { ratio, point: [0, 1].map((k) => to[k] + (middle[k] - from[k]) / ratio) };
}

/** The same without words: `middle` keeps its relative position on the page. */
function followSize(old, young, middle) {
  return {
    ratio: old[0] / young[0],
    point: [0, 1].map((k) => (middle[k] * young[k]) / old[k]),
  };
}

function diagonalOf(quads, index) {
  const at = 8 * index;
  return Math.hypot(quads[at + 4] - quads[at], quads[at + 5] - quads[at + 1]);
}

function clamp(value, low, high) {
  return Math.max(low, Math.min(value, high));
}

/** Distance by which a coordinate is outside the inner three fifths of a length. */
function shortfall(place, length) {
  return clamp(place, length / 5, (4 * length) / 5) - place;
}

function distance([ax, ay], [bx, by]) {
  return Math.hypot(bx - ax, by - ay);
}

function meanOf(points) {
  let [x, y] = [0, 0];
  for (const point of points) {
    x += point[0];
    y += point[1];
  }
  return [x / points.length, y / points.length];
}

function short([x, y]) {
  return `${Math.round(x * 10) / 10},${Math.round(y * 10) / 10}`;
}

function sizeOf({ size: [width, height] }) {
  return { width, height };
}

function pageOf(revision) {
  return revision.split(":")[0];
}

/** The part of a revision that names the page and its reading. */
function readingOf(revision) {
  return revision.slice(0, revision.lastIndexOf("."));
}

/** Index of the word under the pointer, or -1. */
function wordUnder({ target }) {
  return Number(target.dataset?.i ?? -1);
}

function wheelFactor({ deltaY, deltaMode, ctrlKey }) {
  const pixels = deltaY * [1, 16, 400][deltaMode];
  // Browsers report a trackpad pinch as a wheel event with ctrl, in much smaller steps.
  return ctrlKey
    ? Math.exp(-clamp(pixels, -40, 40) * 0.01)
    : Math.exp(-clamp(pixels, -240, 240) * 0.0015);
}

function rememberedNumber(key) {
  const text = remembered(key);
  return text === null || Number.isNaN(Number(text)) ? null : Number(text);
}
