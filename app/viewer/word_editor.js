/* Word editor: words are corrected in place, one after the other. Joined to viewer.js as one module; see viewer.py. */

/** The input box for correcting a word, and the corrections that are not saved yet. */
class WordEditor {
  constructor(viewer, signal) {
    this.viewer = viewer;
    this.box = viewer.find(".editor");
    this.input = this.box.querySelector("input");
    this.index = -1; // of the word that is being edited
    this.originals = new Map(); // the engine's text of corrected words
    this.pending = []; // corrections and undos, until Python confirms that they are saved
    this.confirmed = new Set(); // words that the user confirmed or corrected
    this.number = Date.now(); // edit numbers increase, also after a reload
    const on = (type, react) => this.box.addEventListener(type, react, { signal });
    on("keydown", (event) => this.onKey(event));
    on("submit", (event) => {
      event.preventDefault();
      this.save();
    });
  }

  get isOpen() {
    return this.index >= 0;
  }

  /** Start to edit a word: the selected one, or the next doubtful one. */
  start(index = this.viewer.selected) {
    const { data, words, viewport, shown, tip } = this.viewer;
    if (!data.edits || data.stale) return;
    if (index < 0) {
      this.next(this.viewer.last);
      return;
    }
    tip.hide();
    this.viewer.moveTo(index);
    this.write(index);
    this.put(viewport.toStage(topOf(words.quads[shown], index)));
  }

  next(after) {
    const { overlay, filter } = this.viewer;
    const index = overlay.doubtfulAfter(after, 1);
    if (index < 0) {
      this.close();
      this.viewer.announce(say("No word below {limit} percent", { limit: filter.threshold }));
      return;
    }
    this.viewer.pick(index, TOLD_AFTER);
    this.start(index);
  }

  write(index) {
    const was = this.originals.get(index);
    this.index = index;
    this.box.querySelector("bdi").textContent = was ?? "";
    this.box.querySelector(".was").hidden = was === undefined;
    this.input.value = this.viewer.words.texts[index];
    this.box.hidden = false;
    this.input.focus({ preventScroll: true });
    this.input.select();
  }

  put([x, y]) {
    const { box, viewer } = this;
    const { width, height } = viewer.viewport.stage;
    box.style.left = `${clamp(x - box.offsetWidth / 2, 4, Math.max(4, width - box.offsetWidth - 4))}px`;
    const above = y - box.offsetHeight - 12;
    box.style.top = `${clamp(above < 4 ? y + 44 : above, 4, Math.max(4, height - box.offsetHeight - 4))}px`;
  }

  close() {
    if (!this.isOpen) return;
    this.index = -1;
    this.box.hidden = true;
    this.viewer.stage.focus({ preventScroll: true });
  }

  /** Close the editor and discard its input, which belongs to another page. */
  discard() {
    this.index = this.viewer.last = -1;
    this.box.hidden = true;
    this.pending = [];
    this.confirmed.clear();
  }

  onKey(event) {
    event.stopPropagation(); // letters typed here are not shortcuts of the viewer
    if (event.key !== "Escape") return;
    event.preventDefault();
    this.close();
  }

  /** Undo the last correction if the key event is the undo shortcut. */
  undoes(event) {
    const asked = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z";
    if (!asked || !this.viewer.data.edits) return false;
    event.preventDefault();
    event.stopPropagation();
    this.queue({ undo: true });
    return true;
  }

  /** Send a correction or an undo, in order. */
  queue(edit) {
    this.number += 1;
    this.pending.push({ number: this.number, page: readingOf(this.viewer.data.revision), ...edit });
    this.viewer.tell();
  }

  save() {
    const { index, viewer } = this;
    const text = this.input.value.normalize("NFC").trim();
    const doubtful = viewer.overlay.doubtful.includes(index);
    if (text !== viewer.words.texts[index] || doubtful) {
      this.queue({ word: index, text });
      this.apply();
      viewer.drawThreshold();
    }
    this.next(index);
  }

  /** Update from Python's data: the corrected words and the last saved edit. */
  take({ corrected, saved, edits, stale }) {
    for (const each of this.viewer.root.querySelectorAll("[data-edits]")) each.hidden = !edits;
    if (!edits || stale) this.close();
    this.originals = new Map(corrected);
    this.pending = this.pending.filter(({ number }) => number > saved);
    this.number = Math.max(this.number, saved); // the system clock may have been set back
    this.confirmed.clear(); // Python's confidences already include saved edits
  }

  /** Show the corrected words, which are no longer doubtful. */
  apply() {
    const { words, overlay } = this.viewer;
    for (const { word, text } of this.pending.filter(({ undo }) => !undo)) {
      this.confirmed.add(word);
      if (!this.originals.has(word)) this.originals.set(word, words.texts[word]);
      if (text === this.originals.get(word)) this.originals.delete(word);
      words.texts[word] = text;
    }
    overlay.markCorrected([...new Set([...this.originals.keys(), ...this.confirmed])]);
  }
}
