/* Overlay: images, word boxes and the reading order. Joined to viewer.js as one module; see viewer.py. */

const FULL_LINE_HEIGHT = 20; // words less high than this, in pixels, get thinner outlines
const THINNEST_LINE = 0.6;
const NUMBER_HEIGHT = 10; // line numbers are never drawn higher than a word

/** One image of the page, fetched only when it is needed. */
class Picture {
  constructor(name, changed) {
    this.name = name;
    this.state = "loading"; // or "ready" or "failed"
    this.image = document.createElement("img");
    this.image.alt = say("Picture of the page: {name}", { name });
    this.image.draggable = false;
    this.image.decoding = "sync"; // avoids showing an empty page while switching
    this.image.addEventListener("load", () => this.become("ready", changed));
    this.image.addEventListener("error", () => this.become("failed", changed));
  }

  /** Set the URL. The old image stays until the new one is loaded, except on another page. */
  want(url, otherPage) {
    this.url = url;
    if (otherPage && this.fetched !== url) this.image.toggleAttribute("data-blank", true);
  }

  fetch() {
    if (this.fetched === this.url) return;
    this.fetched = this.url;
    this.state = "loading";
    this.image.src = this.url;
  }

  become(state, changed) {
    this.state = state;
    this.image.toggleAttribute("data-blank", state === "failed");
    changed();
  }
}

/** The SVG over the image: words, lines, blocks and the reading order.

    Every word has a polygon for hovering and clicking, but only those of doubtful words are
    drawn. The faint boxes of all other words are a single path, which is faster to draw. */
class Overlay {
  constructor(svg) {
    this.svg = svg;
    this.confs = [];
    this.polygons = [];
    this.outlines = [];
    this.lines = [];
    this.doubtful = []; // indices, ascending
    this.corrected = new Set(); // indices of words that were corrected
    this.marked = -1;
  }

  build(quads, confs, lines, blocks) {
    this.confs = confs;
    this.marked = -1;
    this.threshold = this.scale = null; // null: elements that depend on them must be redrawn
    this.height = medianHeight(quads);
    const points = confs.map((_, i) => pointsOf(quads, i));
    this.polygons = confs.map((conf, i) => wordPolygon(points[i], i, bandOf(conf)));
    this.markCorrected(this.corrected);
    this.outlines = points.map((corners) => `M${corners}Z`);
    this.layer(".words").replaceChildren(...this.polygons);
    this.buildLines(lines ? groupBoxes(quads, confs, lines) : []);
    const boxes = blocks ? groupBoxes(quads, confs, blocks) : [];
    this.layer(".blocks").replaceChildren(...boxes.flatMap(numberedBox));
  }

  buildLines(boxes) {
    this.lines = boxes.map(({ corners, conf }) => {
      const polygon = svgElement("polygon", { points: corners.map(short).join(" ") });
      return { polygon, conf };
    });
    this.layer(".lines").replaceChildren(...this.lines.map(({ polygon }) => polygon));
    this.layer(".order").replaceChildren(...(boxes.length ? readingOrder(boxes) : []));
  }

  /** Colour the words below the threshold, and draw the others faintly. */
  highlight(threshold) {
    if (threshold === this.threshold) return;
    const before = this.threshold ?? -Infinity; // after a build no word is marked as doubtful
    this.threshold = threshold;
    this.doubtful = [];
    const faint = [];
    this.confs.forEach((conf, i) => {
      const doubtful = conf < threshold && !this.corrected.has(i);
      const was = conf < before && !this.corrected.has(i);
      if (doubtful !== was) this.polygons[i].classList.toggle("doubtful", doubtful);
      if (doubtful) this.doubtful.push(i);
      else faint.push(this.outlines[i]);
    });
    this.layer("path.faint").setAttribute("d", faint.join(""));
    for (const { polygon, conf } of this.lines) {
      polygon.setAttribute("class", conf < threshold ? bandOf(conf) : "faint");
    }
  }

  /** Mark words that were corrected: they are no longer doubtful. */
  markCorrected(indices) {
    this.corrected = new Set(indices);
    this.polygons.forEach((polygon, i) => polygon.classList.toggle("corrected", this.corrected.has(i)));
    indices.forEach((i) => this.polygons[i]?.classList.remove("doubtful"));
    this.threshold = null;
  }

  /** The next (1) or previous (-1) doubtful word, wrapping around at the ends. */
  doubtfulAfter(index, direction) {
    const { doubtful } = this;
    if (!doubtful.length) return -1;
    if (direction > 0) return doubtful.find((i) => i > index) ?? doubtful[0];
    return doubtful.findLast((i) => i < index) ?? doubtful.at(-1);
  }

  mark(index) {
    this.polygons[this.marked]?.classList.remove("selected");
    const polygon = this.polygons[index];
    this.marked = polygon ? index : -1;
    if (!polygon) return;
    polygon.classList.add("selected");
    polygon.parentNode.append(polygon); // on top of its neighbours
  }

  /** Keep line widths and numbers constant on the screen, but thinner for small words. */
  sharpen(scale) {
    if (scale === this.scale) return;
    this.scale = scale;
    const width = clamp((this.height * scale) / FULL_LINE_HEIGHT, THINNEST_LINE, 1);
    this.svg.style.setProperty("--inv", width / scale);
    const number = Math.min(1 / scale, this.height / NUMBER_HEIGHT);
    this.svg.style.setProperty("--number", number);
  }

  layer(selector) {
    return this.svg.querySelector(selector);
  }
}

function svgElement(tag, attributes) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

// Cloning is much faster than creating, which matters for thousands of words.
const BARE_POLYGON = svgElement("polygon", {});

function wordPolygon(points, index, band) {
  const polygon = BARE_POLYGON.cloneNode();
  polygon.setAttribute("points", points);
  polygon.setAttribute("class", band);
  polygon.setAttribute("data-i", index);
  return polygon;
}

function pointsOf(quads, index) {
  return quads.slice(8 * index, 8 * index + 8).join(" ");
}

function readingOrder(boxes) {
  const points = boxes.map(({ middle }) => short(middle)).join(" ");
  const numbers = boxes.map(({ start }, i) => numberAt(start, i + 1, -5, 4));
  return [
    svgElement("polyline", { points, class: "casing" }),
    svgElement("polyline", { points }),
    ...numbers,
  ];
}

function numberedBox({ corners }, i) {
  const polygon = svgElement("polygon", { points: corners.map(short).join(" ") });
  return [polygon, numberAt(corners[0], i + 1, 0, -4)];
}

/** A number next to a point of the page, offset by `x` and `y` screen pixels. */
function numberAt(point, number, x, y) {
  const place = svgElement("g", { transform: `translate(${short(point)})` });
  const text = svgElement("text", { x, y });
  text.textContent = number;
  place.append(text);
  return place;
}

function viewButton(name, react) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = name;
  button.title = say("Show the picture {name} (b)", { name });
  button.addEventListener("click", react);
  return button;
}

/** The tooltip with a word and its confidence. */
class Tooltip {
  constructor(box) {
    this.box = box;
  }

  /** Show it above (or below) a point of a stage that is `width` wide. */
  show(text, conf, [x, y], width) {
    const { box } = this;
    const [word, confidence] = box.children;
    word.textContent = text;
    confidence.textContent = `${Math.floor(conf)} %`;
    box.hidden = false;
    const above = y - box.offsetHeight - 10;
    const left = clamp(x - box.offsetWidth / 2, 4, width - box.offsetWidth - 4);
    box.style.left = `${left}px`;
    box.style.top = `${above < 4 ? y + 24 : above}px`;
  }

  hide() {
    this.box.hidden = true;
  }
}
