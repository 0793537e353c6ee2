/* Page viewer: the image of a page with its recognized words drawn over it.

   The image and one SVG are in a "world" element of the page's size, which a CSS transform
   moves inside the "stage" element. So panning moves one layer for any number of words.
   Only events such as a click on a word are sent to Python. Recognized text is untrusted
   and is inserted through textContent only. */

const SVG = "http://www.w3.org/2000/svg";

const ZOOM_STEP = 1.25;
const ARROW_STEP = 60;
const MOVE_ENDS_AFTER_MS = 150; // without movement
const TOLD_AFTER = 150; // ms without another key press: fast steps cause one rerun only
const MANY_WORDS = 1500; // above this, line widths are updated after a movement
const VERY_MANY_WORDS = 3000; // above this, faint boxes are hidden during a movement

const NO_WORDS = { name: null, texts: [], confs: [], lines: null, blocks: null, quads: [] };

/** The whole component: receives data from Python and input from the user. */
class Viewer {
  constructor(root) {
    this.root = root.querySelector(".viewer");
    this.stage = this.find(".stage");
    this.world = this.find(".world");

    this.trigger = () => {};
    this.data = null;
    this.pictures = [];
    this.shown = 0;
    this.words = NO_WORDS;
    this.boxes = "words";
    this.selected = -1;
    this.last = -1; // start of keyboard steps when nothing is selected
    this.nonce = 0; // the last request from Python that was processed
    this.unconfirmed = null; // a selection that Python has not returned yet
    this.awaited = -1; // a word to show as soon as the stage has a size

    this.sentences = new Sentences(this.root);
    this.viewport = new Viewport();
    this.overlay = new Overlay(this.find(".world svg"));
    this.tip = new Tooltip(this.find(".tip"));
    this.listening = new AbortController();
    const { signal } = this.listening;
    this.filter = new ConfidenceFilter(this.root, signal, () => this.drawThreshold());
    this.sync = new PaneSync(signal, (detail) => this.follow(detail), () => this.drawLink());
    this.editor = new WordEditor(this, signal);
    this.listen(signal);
    this.setBoxes("words");
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  /** Send a trigger to Python, preceded by all unsaved edits.
      While a script runs, Streamlit keeps only the last message of a component: an edit
      sent once is lost if another trigger follows before the script has run. */
  tell(name, value) {
    const { pending } = this.editor;
    if (pending.length) this.trigger("edited", [...pending]);
    if (name) this.trigger(name, value);
  }

  dispose() {
    this.listening.abort();
    this.resizing.disconnect();
    clearTimeout(this.moveTimer);
    clearTimeout(this.reporting);
  }

  // Data from Python

  update(data) {
    const before = this.data;
    this.data = data;
    this.sentences.tell(data.phrases);
    this.stage.style.setProperty("--height", `${data.height}px`);
    this.sync.name = data.link;
    this.drawLink();
    this.find("[data-turns]").hidden = !data.turns;
    this.editor.take(data);
    this.takeViews(before);
    const rebuilt = this.takeWords();
    if (rebuilt || data.stale) clearTimeout(this.reporting); // the pending selection is outdated
    this.takeThreshold(before);
    this.drawFrame();
    this.takeSelection(before, rebuilt);
    this.stage.dataset.revision = data.revision;
    this.stage.dataset.stale = String(data.stale);
    this.find(".reading").textContent = data.stale ? say("Reading…") : "";
    if (data.stale) this.tip.hide();
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
    if (otherPage) this.editor.discard();
    const size = sizeOf(views[place]);
    if (otherPage || place === this.shown) {
      this.shown = place;
      if (otherPage || !this.viewport.holds(size)) this.viewport.open(size);
      this.drawPicture();
    } else {
      this.show(place);
    }
  }

  /** Rebuild the words if they changed; return whether they did. */
  takeWords() {
    const { data } = this;
    if (data.stale) return false; // do not draw words over an image of another state
    const name = [data.revision, ...data.views.map((view) => view.size)].join("|");
    if (name === this.words.name) return false;
    this.words = {
      name,
      texts: [...data.texts],
      confs: data.confs,
      lines: data.lines,
      blocks: data.blocks,
      quads: data.views.map((view) => view.quads),
    };
    this.selected = -1;
    this.tip.hide();
    this.editor.apply();
    this.drawWords();
    for (const mode of ["lines", "blocks"]) {
      this.find(`button[data-boxes="${mode}"]`).hidden = !data[mode];
      if (!data[mode] && this.boxes === mode) this.setBoxes("words");
    }
    this.find('[data-do="order"]').hidden = !data.lines;
    return true;
  }

  takeThreshold(before) {
    const { threshold, marks } = this.data;
    this.root.classList.toggle("marks", marks);
    if (marks) this.filter.set(threshold);
    else if (!before) this.filter.set(rememberedNumber(THRESHOLD_KEY) ?? threshold);
    else if (before.threshold !== threshold) this.filter.set(threshold);
    this.drawThreshold();
  }

  takeSelection(before, rebuilt) {
    const { stale, nonce } = this.data;
    if (stale) return; // the request is processed when its words have arrived
    const index = this.data.selected ?? -1;
    if (nonce !== this.nonce) {
      this.nonce = nonce;
      this.unconfirmed = null;
      this.select(index);
      if (this.words.texts[index] !== undefined) this.moveTo(index);
    } else if (rebuilt) {
      this.unconfirmed = null;
      this.select(this.editor.isOpen ? this.editor.index : index);
    } else if (index !== (before.selected ?? -1) && [null, index].includes(this.unconfirmed)) {
      // While a selection is unconfirmed, an earlier value from Python is outdated.
      this.select(index);
    }
    if (index === this.unconfirmed) this.unconfirmed = null;
  }

  // Pictures

  makePictures(names) {
    const changed = () => this.drawPicture();
    this.pictures = names.map((name) => new Picture(name, changed));
    this.find(".pictures").replaceChildren(...this.pictures.map(({ image }) => image));
    const buttons = names.map((name, i) => viewButton(name, () => this.show(i)));
    const set = this.find('[data-set="views"]');
    set.replaceChildren(...buttons);
    set.hidden = names.length < 2;
    this.shown = clamp(this.shown, 0, names.length - 1);
  }

  /** Switch to another image, and keep the same part of the page centred. */
  show(place) {
    if (place === this.shown) return;
    const from = this.data.views[this.shown];
    const to = this.data.views[place];
    const old = this.words.quads[this.shown];
    const young = this.words.quads[place];
    const middle = this.viewport.middle();
    const { ratio, point } =
      !this.data.stale && old?.length && young?.length === old.length
        ? followWords(old, young, middle)
        : followSize(from.size, to.size, middle);
    this.shown = place;
    this.viewport.change(sizeOf(to), ratio, point);
    this.tip.hide();
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
    // Preload the other images afterwards, so that switching is immediate.
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
    const { quads, confs, lines, blocks } = this.words;
    this.overlay.build(quads[this.shown] ?? [], confs, lines, blocks);
    this.overlay.mark(this.selected);
    this.stage.toggleAttribute("data-crowded", confs.length > VERY_MANY_WORDS);
  }

  drawThreshold() {
    const { threshold } = this.filter;
    this.overlay.highlight(threshold);
    this.filter.draw(this.overlay.doubtful.length, this.words.confs.length, this.data.stale);
    this.stage.dataset.threshold = threshold;
  }

  setBoxes(mode) {
    this.boxes = mode;
    this.stage.dataset.boxes = mode;
    for (const button of this.root.querySelectorAll("button[data-boxes]")) {
      button.setAttribute("aria-pressed", button.dataset.boxes === mode);
    }
    if (mode === "off") this.tip.hide();
    else this.boxesBeforeOff = mode;
  }

  toggleBoxes() {
    this.setBoxes(this.boxes === "off" ? this.boxesBeforeOff : "off");
  }

  /** Switch boxes from words to lines, to blocks, and back to words. */
  nextBoxes() {
    const shown = ["words", "lines", "blocks"].filter((mode) => mode === "words" || this.words[mode]);
    this.setBoxes(shown[(shown.indexOf(this.boxes) + 1) % shown.length]);
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

  /** Select a word on the user's request, and report it to Python. */
  pick(index, wait = 0) {
    this.select(index);
    this.announce(this.description(index));
    this.unconfirmed = index;
    this.sync.tell({ word: index });
    clearTimeout(this.reporting);
    if (wait) this.reporting = setTimeout(() => this.tell("picked", index), wait);
    else this.tell("picked", index);
  }

  /** Request the next (1) or previous (-1) page. A selection that is not reported yet
      belongs to this page: if reported later, it would open this page again. */
  turn(direction) {
    clearTimeout(this.reporting);
    this.tell("turned", direction);
  }

  /** Go to the next (1) or previous (-1) doubtful word. */
  step(direction) {
    if (this.data.stale) return;
    const index = this.overlay.doubtfulAfter(this.last, direction);
    if (index < 0) {
      this.announce(say("No word below {limit} percent", { limit: this.filter.threshold }));
      return;
    }
    if (this.boxes === "off") this.toggleBoxes(); // otherwise the word would not be marked
    this.pick(index, TOLD_AFTER);
    this.moveTo(index);
    this.showTip(index, this.viewport.toStage(topOf(this.words.quads[this.shown], index)));
  }

  moveTo(index) {
    if (!this.viewport.stage.width) {
      this.awaited = index;
      return;
    }
    const quads = this.words.quads[this.shown];
    this.viewport.centre(middleOf(quads, index), heightOf(quads, index));
    this.drawFrame({ glide: true });
    this.share();
  }

  description(index) {
    const { texts, confs } = this.words;
    const rank = this.overlay.doubtful.indexOf(index);
    const place =
      rank < 0
        ? say("{number} of {total} words", { number: index + 1, total: texts.length })
        : say("{number} of {total} doubtful words", {
            number: rank + 1,
            total: this.overlay.doubtful.length,
          });
    const [text, conf] = [texts[index], Math.floor(confs[index])];
    if (this.data.marks) return text;
    return say("{text}, confidence {conf} percent, {place}", { text, conf, place });
  }

  announce(sentence) {
    this.find(".live").textContent = sentence;
  }

  /** Show the tooltip of a word at a point of the stage. */
  showTip(index, place) {
    const { texts, confs } = this.words;
    this.tip.show(texts[index], confs[index], place, this.viewport.stage.width);
  }

  // Moving

  /** Apply the view transform to the world element. */
  drawFrame({ glide = false } = {}) {
    const { x, y, scale, page } = this.viewport;
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

  /** Send the position of this pane to linked panes. */
  share() {
    const { page, scale } = this.viewport;
    const middle = this.viewport.middle();
    this.sync.tell({
      place: [middle[0] / page.width, middle[1] / page.height],
      width: page.width * scale,
      word: nearestWord(this.words.quads[this.shown] ?? [], middle),
    });
  }

  /** Scroll to the relative position of a linked viewer, or to the word of a linked text. */
  follow({ place, width, word }) {
    const { page } = this.viewport;
    if (place) {
      this.viewport.look([place[0] * page.width, place[1] * page.height], width / page.width);
    } else if (this.words.texts[word] !== undefined && !this.data.stale) {
      this.viewport.keepInSight(middleOf(this.words.quads[this.shown], word));
    }
    this.tip.hide();
    this.drawFrame();
  }

  drawLink() {
    const button = this.find('[data-do="link"]');
    button.hidden = !this.sync.name;
    button.setAttribute("aria-pressed", this.sync.on);
  }

  move(change) {
    this.tip.hide();
    this.stage.classList.add("moving");
    clearTimeout(this.moveTimer);
    this.moveTimer = setTimeout(() => this.endMove(), MOVE_ENDS_AFTER_MS);
    change(this.viewport);
    this.drawFrame();
    this.share();
  }

  endMove() {
    this.stage.classList.remove("moving");
    this.drawFrame();
  }

  /** Move without a gesture, for a button or a key: redraw immediately. */
  jump(change) {
    this.move(change);
    clearTimeout(this.moveTimer);
    this.endMove();
  }

  resized() {
    this.viewport.resize(this.stage.clientWidth, this.stage.clientHeight);
    this.drawFrame();
    if (!this.viewport.stage.width) return;
    if (this.words.texts[this.awaited] !== undefined) this.moveTo(this.awaited);
    this.awaited = -1;
  }

  // User input

  listen(signal) {
    const on = (target, type, react, options = {}) =>
      target.addEventListener(type, react.bind(this), { signal, ...options });

    on(this.root, "click", this.onButton);
    on(this.root, "keydown", this.onKey);
    new Gestures(this.stage, signal, {
      move: (change) => this.move(change),
      double: (word) => (word >= 0 && this.data.edits ? this.editor.start(word) : this.actions.fit()),
      hover: (index, place) => (index < 0 ? this.tip.hide() : this.showTip(index, place)),
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
    if (!button || button.closest(".editor")) return;
    if (button.dataset.boxes) this.setBoxes(button.dataset.boxes);
    this.actions[button.dataset.do]?.();
  }

  actions = {
    "zoom-in": () => this.jump((viewport) => viewport.zoom(ZOOM_STEP)),
    "zoom-out": () => this.jump((viewport) => viewport.zoom(1 / ZOOM_STEP)),
    fit: () => this.jump((viewport) => viewport.fitPage()),
    width: () => this.jump((viewport) => viewport.fitWidth()),
    order: () => this.toggleOrder(),
    next: () => this.step(1),
    previous: () => this.step(-1),
    keys: () => this.toggleKeys(),
    link: () => this.sync.turn(!this.sync.on),
    write: () => this.editor.start(),
  };

  keys = {
    "+": this.actions["zoom-in"],
    "=": this.actions["zoom-in"],
    "-": this.actions["zoom-out"],
    0: this.actions.fit,
    w: this.actions.width,
    ArrowLeft: () => this.jump((viewport) => viewport.pan(ARROW_STEP, 0)),
    ArrowRight: () => this.jump((viewport) => viewport.pan(-ARROW_STEP, 0)),
    ArrowUp: () => this.jump((viewport) => viewport.pan(0, ARROW_STEP)),
    ArrowDown: () => this.jump((viewport) => viewport.pan(0, -ARROW_STEP)),
    n: this.actions.next,
    p: this.actions.previous,
    b: () => this.showNext(),
    o: () => this.toggleBoxes(),
    l: () => this.nextBoxes(),
    r: this.actions.order,
    s: this.actions.link,
    e: this.actions.write,
    Enter: this.actions.write,
    PageDown: () => this.turn(1),
    PageUp: () => this.turn(-1),
    "?": this.actions.keys,
  };

  onKey(event) {
    if (event.key === "Escape" && !this.find(".keys").hidden) this.toggleKeys();
    if (this.editor.undoes(event)) return;
    const react = this.keys[event.key];
    if (!react || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches("input")) return; // the slider has its own keys
    if (event.key === "Enter" && event.target.closest("button")) return;
    if (event.key.startsWith("Page") && !this.data.turns) return;
    event.preventDefault();
    event.stopPropagation(); // Streamlit has its own keys
    react();
  }

  toggleKeys() {
    const hidden = this.find(".keys").toggleAttribute("hidden");
    this.find('[data-do="keys"]').setAttribute("aria-expanded", !hidden);
  }
}
