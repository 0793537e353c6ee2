/* Page viewer: the picture of a page with its recognised words drawn over it.

   The picture and one SVG lie in a "world" as large as the page, which a CSS transform
   moves under a "stage". A pan therefore moves one layer, however many words there are.
   Nothing here asks the server: only a picked word is told to Python. Recognised text is
   untrusted and enters the page through textContent alone. */

const SVG = "http://www.w3.org/2000/svg";

// Each band of confidence has a colour and a second mark (fill, dashes) in the style sheet.
const BANDS = [
  { name: "poor", from: 0, to: 50 },
  { name: "weak", from: 50, to: 75 },
  { name: "fair", from: 75, to: 90 },
  { name: "sure", from: 90, to: 101 },
];
const THRESHOLD_KEY = "page-viewer.threshold";

const LARGEST_SCALE = 8;
const ZOOM_STEP = 1.25;
const ARROW_STEP = 60;
const MARGIN = 8; // paper never touches the edge of the stage
const KEPT_IN_SIGHT = 60; // nor can it be pushed out of it
const DRAG_STARTS_AT = 4; // a hand that shakes less than this many pixels still clicks
const LEGIBLE_HEIGHT = 26; // a word that is looked at gets at least this many pixels
const LARGEST_LEGIBLE_SCALE = 2;
const SETTLED_AFTER = 150; // ms without movement
const TOLD_AFTER = 150; // ms without another key: quick steps make one rerun, not ten
const FULL_PEN_HEIGHT = 20; // words lower than this many pixels get thinner boxes
const THINNEST_PEN = 0.6;
const NUMBER_HEIGHT = 10; // numbers of lines never grow higher than a word
const MANY_WORDS = 1500; // from here on line widths wait for the end of a movement
const VERY_MANY_WORDS = 3000; // from here on faint boxes do too

const NO_WORDS = { name: null, texts: [], confs: [], lines: null, quads: [] };

const viewers = new WeakMap();

/** Called by Streamlit on mounting and again whenever the data or the theme changes. */
export default function mount({ data, parentElement, setTriggerValue }) {
  const viewer = viewerIn(parentElement);
  viewer.tell = (index) => setTriggerValue("picked", index);
  viewer.update(data);

  // Streamlit may clean up after a call that a later one has overtaken while the component
  // lives on, so only the latest call may take the viewer down.
  const call = ++viewer.calls;
  return () => {
    if (call !== viewer.calls) return;
    viewer.dispose();
    viewers.delete(parentElement);
  };
}

function viewerIn(root) {
  const known = viewers.get(root);
  if (known && root.contains(known.stage)) return known;
  known?.dispose();
  const viewer = new Viewer(root);
  viewers.set(root, viewer);
  return viewer;
}

/** The whole component: takes data from Python and gestures from the user. */
class Viewer {
  constructor(root) {
    this.root = root.querySelector(".viewer");
    this.stage = this.find(".stage");
    this.world = this.find(".world");
    this.tip = this.find(".tip");
    this.slider = this.find("input[type=range]");

    this.tell = () => {};
    this.calls = 0;
    this.data = null;
    this.pictures = [];
    this.shown = 0;
    this.words = NO_WORDS;
    this.threshold = 75;
    this.boxes = "words";
    this.selected = -1;
    this.last = -1; // keyboard steps go on from here when nothing is selected
    this.nonce = 0; // the last request from Python that was followed
    this.untold = null; // a pick whose echo has not come back yet
    this.awaited = -1; // a word to move to as soon as the stage has a size

    this.camera = new Camera();
    this.overlay = new Overlay(this.find(".world svg"));
    this.listening = new AbortController();
    this.listen();
    this.setBoxes("words");
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  dispose() {
    this.listening.abort();
    this.resizing.disconnect();
    clearTimeout(this.settling);
    clearTimeout(this.telling);
  }

  // What Python says

  update(data) {
    const before = this.data;
    this.data = data;
    this.stage.style.setProperty("--height", `${data.height}px`);
    this.takeViews(before);
    const rebuilt = this.takeWords();
    if (rebuilt || data.stale) clearTimeout(this.telling); // it is about other words
    this.takeThreshold(before);
    this.drawFrame();
    this.takeSelection(before, rebuilt);
    this.stage.dataset.revision = data.revision;
    this.stage.dataset.stale = String(data.stale);
    this.find(".reading").textContent = data.stale ? "Reading…" : "";
    if (data.stale) this.hideTip();
  }

  takeViews(before) {
    const { views, revision } = this.data;
    const names = views.map((view) => view.name);
    if (String(names) !== String(this.pictures.map((picture) => picture.name))) {
      this.makePictures(names);
    }
    const asked = !before || before.shown !== this.data.shown;
    const place = clamp(asked ? this.data.shown : this.shown, 0, views.length - 1);
    const otherPage = !before || pageOf(before.revision) !== pageOf(revision);

    this.pictures.forEach((picture, i) => picture.want(views[i].url, otherPage));
    if (otherPage) this.last = -1;
    const size = sizeOf(views[place]);
    if (otherPage || place === this.shown) {
      this.shown = place;
      if (otherPage || !this.camera.holds(size)) this.camera.open(size);
      this.drawPicture();
    } else {
      this.show(place);
    }
  }

  /** Build the words anew if they changed; say whether they did. */
  takeWords() {
    const { data } = this;
    if (data.stale) return false; // words over a picture they do not belong to mislead
    const name = [data.revision, ...data.views.map((view) => view.size)].join("|");
    if (name === this.words.name) return false;
    this.words = {
      name,
      texts: data.texts,
      confs: data.confs,
      lines: data.lines,
      quads: data.views.map((view) => view.quads),
    };
    this.selected = -1;
    this.hideTip();
    this.drawWords();
    this.find('button[data-boxes="lines"]').hidden = !data.lines;
    this.find('[data-set="order"]').hidden = !data.lines;
    if (!data.lines && this.boxes === "lines") this.setBoxes("words");
    return true;
  }

  takeThreshold(before) {
    const { threshold } = this.data;
    if (!before) this.setThreshold(rememberedThreshold() ?? threshold);
    else if (before.threshold !== threshold) this.setThreshold(threshold);
    else this.drawThreshold();
  }

  takeSelection(before, rebuilt) {
    const { stale, nonce } = this.data;
    if (stale) return; // a request waits until its words are here
    const index = this.data.selected ?? -1;
    if (nonce !== this.nonce) {
      this.nonce = nonce;
      this.untold = null;
      this.select(index);
      if (this.words.texts[index] !== undefined) this.moveTo(index);
    } else if (rebuilt) {
      this.untold = null;
      this.select(index);
    } else if (index !== (before.selected ?? -1) && [null, index].includes(this.untold)) {
      // While a pick is on its way, an echo of the pick before it is out of date.
      this.select(index);
    }
    if (index === this.untold) this.untold = null;
  }

  // Pictures

  makePictures(names) {
    const settled = () => this.drawPicture();
    this.pictures = names.map((name) => new Picture(name, settled));
    this.find(".pictures").replaceChildren(...this.pictures.map(({ image }) => image));
    const buttons = names.map((name, i) => viewButton(name, () => this.show(i)));
    const set = this.find('[data-set="views"]');
    set.replaceChildren(...buttons);
    set.hidden = names.length < 2;
    this.shown = clamp(this.shown, 0, names.length - 1);
  }

  /** Switch to another picture; what lies in the middle of the stage stays there. */
  show(place) {
    if (place === this.shown) return;
    const from = this.data.views[this.shown];
    const to = this.data.views[place];
    const old = this.words.quads[this.shown];
    const young = this.words.quads[place];
    const middle = this.camera.middle();
    const { ratio, point } =
      !this.data.stale && old?.length && young?.length === old.length
        ? followWords(old, young, middle)
        : followSize(from.size, to.size, middle);
    this.shown = place;
    this.camera.change(sizeOf(to), ratio, point);
    this.hideTip();
    this.drawWords();
    this.drawPicture();
    this.drawThreshold();
    this.drawFrame();
  }

  showNext() {
    this.show((this.shown + 1) % this.pictures.length);
  }

  drawPicture() {
    const picture = this.pictures[this.shown];
    picture.fetch();
    // The others come after it, so that a switch need not wait for them.
    if (picture.state === "ready") this.pictures.forEach((other) => other.fetch());
    this.pictures.forEach((other) => other.image.toggleAttribute("hidden", other !== picture));
    this.root.querySelectorAll('[data-set="views"] button').forEach((button, i) => {
      button.setAttribute("aria-pressed", i === this.shown);
    });
    this.stage.dataset.view = picture.name;
    this.stage.dataset.picture = picture.state;
    this.find(".failed").hidden = picture.state !== "failed";
  }

  // Words

  drawWords() {
    const { quads, confs, lines } = this.words;
    this.overlay.build(quads[this.shown] ?? [], confs, lines);
    this.overlay.mark(this.selected);
    this.stage.toggleAttribute("data-crowded", confs.length > VERY_MANY_WORDS);
  }

  setThreshold(value) {
    this.threshold = clamp(Math.round(value), 0, 100);
    this.slider.value = this.threshold;
    this.drawThreshold();
  }

  drawThreshold() {
    const { threshold } = this;
    this.overlay.highlight(threshold);
    const count = this.overlay.doubtful.length;
    const words = this.words.confs.length === 1 ? "word" : "words";
    this.find(".count").textContent = this.countOf(count, words);
    this.slider.setAttribute("aria-valuetext", `${threshold} percent, ${count} ${words}`);
    this.slider.style.setProperty("--value", `${threshold}%`);
    this.stage.dataset.threshold = threshold;
    for (const step of ["previous", "next"]) {
      this.find(`[data-do="${step}"]`).disabled = this.data.stale || count === 0;
    }
    this.drawLegend();
  }

  countOf(count, words) {
    const total = this.words.confs.length;
    if (this.data.stale) return `${this.threshold} %`;
    if (total === 0) return "No words on this page";
    return `${count} of ${total} ${words} below ${this.threshold} %`;
  }

  drawLegend() {
    for (const { name, from, to } of BANDS) {
      const item = this.find(`.legend [data-band="${name}"]`);
      item.hidden = from >= this.threshold;
      const end = Math.min(to, this.threshold);
      item.lastElementChild.textContent = from === 0 ? `below ${end} %` : `${from}–${end} %`;
    }
    this.find('.legend [data-band="faint"] span').textContent =
      this.threshold > 0 ? `${this.threshold} % and above` : "all words";
  }

  setBoxes(mode) {
    this.boxes = mode;
    this.stage.dataset.boxes = mode;
    for (const button of this.root.querySelectorAll("button[data-boxes]")) {
      button.setAttribute("aria-pressed", button.dataset.boxes === mode);
    }
    if (mode === "off") this.hideTip();
    else this.boxesBeforeOff = mode;
  }

  toggleBoxes() {
    this.setBoxes(this.boxes === "off" ? this.boxesBeforeOff : "off");
  }

  toggleOrder() {
    const on = this.stage.toggleAttribute("data-order");
    this.find('[data-do="order"]').setAttribute("aria-pressed", on);
  }

  // Selecting

  select(index) {
    this.selected = this.words.texts[index] === undefined ? -1 : index;
    if (this.selected >= 0) this.last = this.selected;
    this.overlay.mark(this.selected);
    this.stage.dataset.selected = this.selected;
  }

  /** Select a word because the user wants it, and tell Python. */
  pick(index, wait = 0) {
    this.select(index);
    this.announce(this.description(index));
    this.untold = index;
    clearTimeout(this.telling);
    if (wait) this.telling = setTimeout(() => this.tell(index), wait);
    else this.tell(index);
  }

  /** Go to the next (1) or the previous (-1) doubtful word. */
  step(direction) {
    if (this.data.stale) return;
    const index = this.overlay.doubtfulAfter(this.last, direction);
    if (index < 0) {
      this.announce(`No word below ${this.threshold} percent`);
      return;
    }
    if (this.boxes === "off") this.toggleBoxes(); // or nothing would show which word it is
    this.pick(index, TOLD_AFTER);
    this.moveTo(index);
    this.showTip(index, this.camera.toStage(topOf(this.words.quads[this.shown], index)));
  }

  moveTo(index) {
    if (!this.camera.stage.width) {
      this.awaited = index;
      return;
    }
    const quads = this.words.quads[this.shown];
    this.camera.centre(middleOf(quads, index), heightOf(quads, index));
    this.drawFrame({ glide: true });
  }

  description(index) {
    const { texts, confs } = this.words;
    const rank = this.overlay.doubtful.indexOf(index);
    const place =
      rank < 0
        ? `${index + 1} of ${texts.length} words`
        : `${rank + 1} of ${this.overlay.doubtful.length} doubtful words`;
    return `${texts[index]}, confidence ${Math.floor(confs[index])} percent, ${place}`;
  }

  announce(sentence) {
    this.find(".live").textContent = sentence;
  }

  /** Show word and confidence above (or below) a point of the stage. */
  showTip(index, [x, y]) {
    const [word, confidence] = this.tip.children;
    word.textContent = this.words.texts[index];
    confidence.textContent = `${Math.floor(this.words.confs[index])} %`;
    this.tip.hidden = false;
    const { offsetWidth: width, offsetHeight: height } = this.tip;
    const above = y - height - 10;
    const left = clamp(x - width / 2, 4, this.camera.stage.width - width - 4);
    this.tip.style.left = `${left}px`;
    this.tip.style.top = `${above < 4 ? y + 24 : above}px`;
  }

  hideTip() {
    this.tip.hidden = true;
  }

  // Moving

  /** Put the world where the camera says. */
  drawFrame({ glide = false } = {}) {
    const { x, y, scale, page } = this.camera;
    const transform = `translate(${x}px, ${y}px) scale(${scale})`;
    if (transform !== this.transform) this.world.classList.toggle("glide", glide);
    this.transform = this.world.style.transform = transform;
    this.world.style.width = `${page.width}px`;
    this.world.style.height = `${page.height}px`;
    this.find(".percent").textContent = `${Math.round(scale * 100)} %`;
    this.stage.dataset.zoom = scale.toFixed(4);
    const moving = this.stage.classList.contains("moving");
    if (!moving || this.words.confs.length < MANY_WORDS) this.overlay.sharpen(scale);
  }

  move(change) {
    this.hideTip();
    this.stage.classList.add("moving");
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.settle(), SETTLED_AFTER);
    change(this.camera);
    this.drawFrame();
  }

  settle() {
    this.stage.classList.remove("moving");
    this.drawFrame();
  }

  /** Move at once, as a button or a key does: there is no gesture to wait for. */
  jump(change) {
    this.move(change);
    clearTimeout(this.settling);
    this.settle();
  }

  resized() {
    this.camera.resize(this.stage.clientWidth, this.stage.clientHeight);
    this.drawFrame();
    if (!this.camera.stage.width) return;
    if (this.words.texts[this.awaited] !== undefined) this.moveTo(this.awaited);
    this.awaited = -1;
  }

  // What the user does

  listen() {
    const { signal } = this.listening;
    const on = (target, type, react, options = {}) =>
      target.addEventListener(type, react.bind(this), { signal, ...options });

    on(this.root, "click", this.onButton);
    on(this.slider, "input", this.onSlide);
    on(this.root, "keydown", this.onEscape);
    on(this.stage, "keydown", this.onKey);
    new Gestures(this.stage, signal, {
      move: (change) => this.move(change),
      fit: () => this.jump((camera) => camera.fitPage()),
      hover: (index, place) => (index < 0 ? this.hideTip() : this.showTip(index, place)),
      pick: (index, place) => {
        this.pick(index);
        this.showTip(index, place);
      },
    });
    this.resizing = new ResizeObserver(() => this.resized());
    this.resizing.observe(this.stage);
  }

  onButton({ target }) {
    const button = target.closest("button");
    if (!button) return;
    if (button.dataset.boxes) this.setBoxes(button.dataset.boxes);
    this.actions[button.dataset.do]?.();
  }

  actions = {
    "zoom-in": () => this.jump((camera) => camera.zoom(ZOOM_STEP)),
    "zoom-out": () => this.jump((camera) => camera.zoom(1 / ZOOM_STEP)),
    fit: () => this.jump((camera) => camera.fitPage()),
    width: () => this.jump((camera) => camera.fitWidth()),
    order: () => this.toggleOrder(),
    next: () => this.step(1),
    previous: () => this.step(-1),
    keys: () => this.toggleKeys(),
  };

  keys = {
    "+": this.actions["zoom-in"],
    "=": this.actions["zoom-in"],
    "-": this.actions["zoom-out"],
    0: this.actions.fit,
    ArrowLeft: () => this.jump((camera) => camera.pan(ARROW_STEP, 0)),
    ArrowRight: () => this.jump((camera) => camera.pan(-ARROW_STEP, 0)),
    ArrowUp: () => this.jump((camera) => camera.pan(0, ARROW_STEP)),
    ArrowDown: () => this.jump((camera) => camera.pan(0, -ARROW_STEP)),
    n: this.actions.next,
    p: this.actions.previous,
    b: () => this.showNext(),
    o: () => this.toggleBoxes(),
    "?": this.actions.keys,
  };

  onKey(event) {
    const react = this.keys[event.key];
    if (!react || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation(); // Streamlit has keys of its own
    react();
  }

  onEscape(event) {
    if (event.key === "Escape" && !this.find(".keys").hidden) this.toggleKeys();
  }

  toggleKeys() {
    const hidden = this.find(".keys").toggleAttribute("hidden");
    this.find('[data-do="keys"]').setAttribute("aria-expanded", !hidden);
  }

  onSlide() {
    this.setThreshold(Number(this.slider.value));
    rememberThreshold(this.threshold);
  }
}

/** Mouse, pen and fingers on the stage. */
class Gestures {
  constructor(stage, signal, { move, fit, hover, pick }) {
    Object.assign(this, { stage, move, hover, pick });
    this.pointers = new Map(); // where each pressed pointer is
    this.pressed = null; // where the first one came down
    this.dragged = false;

    const on = (type, react, options) =>
      stage.addEventListener(type, react, { signal, ...options });
    on("wheel", (event) => this.turned(event), { passive: false });
    on("dblclick", fit);
    on("pointerdown", (event) => this.down(event));
    on("pointermove", (event) => this.moved(event));
    on("pointerup", (event) => this.up(event));
    on("pointercancel", (event) => this.lost(event));
    on("pointerleave", (event) => this.left(event));
  }

  turned(event) {
    event.preventDefault();
    const place = this.placeOf(event);
    this.move((camera) => camera.zoom(wheelFactor(event), place));
  }

  down(event) {
    if (event.button !== 0) return;
    const place = this.placeOf(event);
    // Captured, a pointer may leave the stage without letting go of the page.
    this.stage.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, place);
    if (this.pointers.size > 1) {
      this.startDrag();
    } else {
      this.pressed = { word: wordUnder(event), place };
      this.dragged = false;
    }
  }

  moved(event) {
    const place = this.placeOf(event);
    if (!this.pointers.has(event.pointerId)) this.hover(wordUnder(event), place);
    else if (this.dragged || distance(place, this.pressed.place) >= DRAG_STARTS_AT) {
      this.startDrag();
      this.drag(event.pointerId, place);
    }
  }

  startDrag() {
    this.dragged = true;
    this.stage.classList.add("dragging");
  }

  drag(id, place) {
    const before = [...this.pointers.values()];
    this.pointers.set(id, place);
    const after = [...this.pointers.values()];
    this.move((camera) => camera.follow(before, after));
  }

  up(event) {
    if (!this.pointers.has(event.pointerId)) return;
    this.lost(event);
    const { word, place } = this.pressed;
    if (!this.dragged && word >= 0) this.pick(word, place);
  }

  lost({ pointerId }) {
    this.pointers.delete(pointerId);
    if (this.pointers.size === 0) this.stage.classList.remove("dragging");
  }

  left({ pointerType }) {
    // A finger leaves with every tap, and the tip should outlast that.
    if (pointerType === "mouse") this.hover(-1);
  }

  /** Where in the stage an event happened. */
  placeOf({ clientX, clientY }) {
    const corner = this.stage.getBoundingClientRect();
    return [clientX - corner.left, clientY - corner.top];
  }
}

/** Where the page lies in the stage: a page point times `scale`, plus `x` and `y`. */
class Camera {
  constructor() {
    this.page = { width: 1, height: 1 };
    this.stage = { width: 0, height: 0 };
    this.scale = 1;
    this.x = 0;
    this.y = 0;
    this.hold = "page"; // "page" or "width" is fitted again when sizes change; "" is not
  }

  holds(size) {
    return this.page.width === size.width && this.page.height === size.height;
  }

  /** Start on a page of another size. */
  open(size) {
    this.page = size;
    if (this.hold === "width") this.fitWidth(0);
    else this.fitPage();
  }

  /** Swap the page for one `ratio` times as coarse whose `point` is now in the middle. */
  change(size, ratio, point) {
    this.page = size;
    if (this.hold) {
      this.refit(point);
      return;
    }
    this.scale = this.bounded(this.scale * ratio);
    this.putInMiddle(point);
  }

  resize(width, height) {
    const middle = this.middle();
    this.stage = { width, height };
    if (this.hold) this.refit(middle);
    else this.putInMiddle(middle);
  }

  refit(middle) {
    if (this.hold === "width") this.fitWidth(middle[1]);
    else this.fitPage();
  }

  fitPage() {
    this.hold = "page";
    this.scale = this.pageScale();
    this.x = (this.stage.width - this.page.width * this.scale) / 2;
    this.y = (this.stage.height - this.page.height * this.scale) / 2;
  }

  /** Fill the width of the stage, with the height `middle` of the page in its middle. */
  fitWidth(middle = this.middle()[1]) {
    this.hold = "width";
    this.scale = Math.max(this.stage.width - 2 * MARGIN, 1) / this.page.width;
    this.x = MARGIN;
    const spare = this.stage.height - this.page.height * this.scale;
    const wanted = this.stage.height / 2 - middle * this.scale;
    this.y = spare > 2 * MARGIN ? spare / 2 : clamp(wanted, spare - MARGIN, MARGIN);
  }

  zoom(factor, [x, y] = this.stageMiddle()) {
    const point = this.toPage([x, y]);
    this.scale = this.bounded(this.scale * factor);
    this.x = x - point[0] * this.scale;
    this.y = y - point[1] * this.scale;
    this.letGo();
  }

  pan(dx, dy) {
    this.x += dx;
    this.y += dy;
    this.letGo();
  }

  /** Move with one finger, or move and zoom with two. */
  follow(before, after) {
    const [old, young] = [meanOf(before), meanOf(after)];
    this.pan(young[0] - old[0], young[1] - old[1]);
    if (before.length < 2) return;
    const spread = distance(before[0], before[1]);
    if (spread > 0) this.zoom(distance(after[0], after[1]) / spread, young);
  }

  /** Bring a word to the middle, large enough to read. */
  centre(point, height) {
    const legible = Math.min(LEGIBLE_HEIGHT / Math.max(height, 1), LARGEST_LEGIBLE_SCALE);
    this.scale = this.bounded(Math.max(this.scale, legible));
    this.hold = "";
    this.putInMiddle(point);
  }

  putInMiddle(point) {
    const [x, y] = this.stageMiddle();
    this.x = x - point[0] * this.scale;
    this.y = y - point[1] * this.scale;
  }

  letGo() {
    this.hold = "";
    const { page, stage, scale } = this;
    this.x = clamp(this.x, KEPT_IN_SIGHT - page.width * scale, stage.width - KEPT_IN_SIGHT);
    this.y = clamp(this.y, KEPT_IN_SIGHT - page.height * scale, stage.height - KEPT_IN_SIGHT);
  }

  pageScale() {
    const width = Math.max(this.stage.width - 2 * MARGIN, 1);
    const height = Math.max(this.stage.height - 2 * MARGIN, 1);
    return Math.min(width / this.page.width, height / this.page.height);
  }

  bounded(scale) {
    const whole = this.pageScale();
    return clamp(scale, whole / 2, Math.max(LARGEST_SCALE, whole));
  }

  toPage([x, y]) {
    return [(x - this.x) / this.scale, (y - this.y) / this.scale];
  }

  toStage([x, y]) {
    return [x * this.scale + this.x, y * this.scale + this.y];
  }

  stageMiddle() {
    return [this.stage.width / 2, this.stage.height / 2];
  }

  middle() {
    return this.toPage(this.stageMiddle());
  }
}

/** One picture of the page; fetched only when it is wanted on the stage. */
class Picture {
  constructor(name, settled) {
    this.name = name;
    this.state = "loading"; // or "ready" or "failed"
    this.image = document.createElement("img");
    this.image.alt = `Picture of the page: ${name}`;
    this.image.draggable = false;
    this.image.decoding = "sync"; // so that a switch never flashes an empty page
    this.image.addEventListener("load", () => this.become("ready", settled));
    this.image.addEventListener("error", () => this.become("failed", settled));
  }

  /** Remember the address. The picture in place stays until then, unless it is of another page. */
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

  become(state, settled) {
    this.state = state;
    this.image.toggleAttribute("data-blank", state === "failed");
    settled();
  }
}

/** What is drawn over the picture: words, lines and the order of reading.

    Every word has a polygon to hover and to click, but only doubtful words paint theirs. The
    faint boxes of all others are one path, which the browser draws in one go. */
class Overlay {
  constructor(svg) {
    this.svg = svg;
    this.confs = [];
    this.polygons = [];
    this.outlines = [];
    this.lines = [];
    this.doubtful = []; // indices, ascending
    this.marked = -1;
  }

  build(quads, confs, lines) {
    this.confs = confs;
    this.marked = -1;
    this.threshold = this.scale = null; // what depends on them has to be drawn again
    this.height = medianHeight(quads);
    const points = confs.map((_, i) => pointsOf(quads, i));
    this.polygons = confs.map((conf, i) => wordPolygon(points[i], i, bandOf(conf)));
    this.outlines = points.map((corners) => `M${corners}Z`);
    this.layer(".words").replaceChildren(...this.polygons);
    this.buildLines(lines ? lineBoxes(quads, confs, lines) : []);
  }

  buildLines(boxes) {
    this.lines = boxes.map(({ corners, conf }) => {
      const polygon = svgElement("polygon", { points: corners.map(short).join(" ") });
      return { polygon, conf };
    });
    this.layer(".lines").replaceChildren(...this.lines.map(({ polygon }) => polygon));
    this.layer(".order").replaceChildren(...(boxes.length ? readingOrder(boxes) : []));
  }

  /** Colour what lies below the threshold, and let the rest fade. */
  highlight(threshold) {
    if (threshold === this.threshold) return;
    const before = this.threshold ?? -Infinity; // nothing is doubtful when just built
    this.threshold = threshold;
    this.doubtful = [];
    const faint = [];
    this.confs.forEach((conf, i) => {
      const doubtful = conf < threshold;
      if (doubtful !== conf < before) this.polygons[i].classList.toggle("doubtful", doubtful);
      if (doubtful) this.doubtful.push(i);
      else faint.push(this.outlines[i]);
    });
    this.layer("path.faint").setAttribute("d", faint.join(""));
    for (const { polygon, conf } of this.lines) {
      polygon.setAttribute("class", conf < threshold ? bandOf(conf) : "faint");
    }
  }

  /** The doubtful word after (1) or before (-1) a word, going round at the ends. */
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

  /** Keep line widths and numbers the same on the screen, but thinner over tiny words. */
  sharpen(scale) {
    if (scale === this.scale) return;
    this.scale = scale;
    const pen = clamp((this.height * scale) / FULL_PEN_HEIGHT, THINNEST_PEN, 1);
    this.svg.style.setProperty("--inv", pen / scale);
    const number = Math.min(1 / scale, this.height / NUMBER_HEIGHT);
    this.svg.style.setProperty("--number", number);
  }

  layer(selector) {
    return this.svg.querySelector(selector);
  }
}

// SVG pieces

function svgElement(tag, attributes) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

// Cloning is much faster than creating, and a newspaper page has thousands of words.
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
  const numbers = boxes.map(({ start }, i) => {
    const place = svgElement("g", { transform: `translate(${short(start)})` });
    const number = svgElement("text", { x: -5, y: 4 });
    number.textContent = i + 1;
    place.append(number);
    return place;
  });
  return [
    svgElement("polyline", { points, class: "casing" }),
    svgElement("polyline", { points }),
    ...numbers,
  ];
}

function viewButton(name, react) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = name;
  button.title = `Show the picture ${name} (b)`;
  button.addEventListener("click", react);
  return button;
}

// Words and lines in numbers

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
  return heights.sort((a, b) => a - b)[heights.length >> 1] ?? FULL_PEN_HEIGHT;
}

/** One box around the words of each line, in the order in which the lines begin. */
function lineBoxes(quads, confs, lines) {
  const members = new Map();
  lines.forEach((line, i) => {
    if (!members.has(line)) members.set(line, []);
    members.get(line).push(i);
  });
  return [...members.values()].map((words) => ({
    ...boxAround(words.map((i) => cornersOf(quads, i))),
    conf: Math.min(...words.map((i) => confs[i])),
  }));
}

/** The smallest box around some words that is tilted as they are. */
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

/** How to go from one picture to another so that the word nearest to `middle` stays there.

    Words tell more than sizes: a prepared picture may be cropped or turned. */
function followWords(old, young, middle) {
  let nearest = 0;
  let least = Infinity;
  let [before, after] = [0, 0];
  for (let i = 0; i < old.length / 8; i++) {
    before += diagonalOf(old, i);
    after += diagonalOf(young, i);
    const away = distance(middleOf(old, i), middle);
    if (away < least) {
      nearest = i;
      least = away;
    }
  }
  const ratio = before > 0 && after > 0 ? before / after : 1;
  const [from, to] = [middleOf(old, nearest), middleOf(young, nearest)];
  return { ratio, point: [0, 1].map((k) => to[k] + (middle[k] - from[k]) / ratio) };
}

/** The same without words: the middle keeps its share of the width and the height. */
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

// Small things

function clamp(value, low, high) {
  return Math.max(low, Math.min(value, high));
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

/** Index of the word under the pointer, or -1. */
function wordUnder({ target }) {
  return Number(target.dataset?.i ?? -1);
}

function wheelFactor({ deltaY, deltaMode, ctrlKey }) {
  const pixels = deltaY * [1, 16, 400][deltaMode];
  // A pinch on a trackpad comes as a wheel with ctrl, in much smaller steps.
  return ctrlKey
    ? Math.exp(-clamp(pixels, -40, 40) * 0.01)
    : Math.exp(-clamp(pixels, -240, 240) * 0.0015);
}

// A browser may forbid storage altogether; then nothing is remembered.

function rememberedThreshold() {
  try {
    const text = localStorage.getItem(THRESHOLD_KEY);
    return text === null || Number.isNaN(Number(text)) ? null : Number(text);
  } catch {
    return null;
  }
}

function rememberThreshold(value) {
  try {
    localStorage.setItem(THRESHOLD_KEY, value);
  } catch {
    // The slider works all the same.
  }
}
