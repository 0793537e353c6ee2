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
const MOVED = "page-viewer.moved"; // one viewer tells the others where it looks
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
  const before = viewer.data;
  viewer.tell = (index) => setTriggerValue("picked", index);
  viewer.update(data);

  // Streamlit may clean up after a call that a later one has overtaken while the component
  // lives on, so only the latest call may take the viewer down. An overtaken call may also
  // arrive late; its clean-up then follows at once, and what it overwrote has to come back.
  const call = ++viewer.calls;
  let late = true;
  setTimeout(() => (late = false));
  return () => {
    if (call !== viewer.calls) return;
    if (late && before) {
      viewer.update(before);
      return;
    }
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
    this.share();
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

  /** Let viewers with the same link show the same place of their pages. */
  share() {
    const { link } = this.data;
    if (!link) return;
    const { page, scale } = this.camera;
    const [x, y] = this.camera.middle();
    const place = [x / page.width, y / page.height];
    const detail = { link, from: this, place, width: page.width * scale };
    window.dispatchEvent(new CustomEvent(MOVED, { detail }));
  }

  /** Follow a linked viewer: the same share of the page in the middle, as wide. */
  onOther({ detail: { link, from, place, width } }) {
    if (from === this || !link || link !== this.data?.link) return;
    const { page } = this.camera;
    this.camera.look([place[0] * page.width, place[1] * page.height], width / page.width);
    this.hideTip();
    this.drawFrame();
  }

  move(change) {
    this.hideTip();
    this.stage.classList.add("moving");
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.settle(), SETTLED_AFTER);
    change(this.camera);
    this.drawFrame();
    this.share();
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
    on(window, MOVED, this.onOther);
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
