/* Gestures: mouse, pen and touch input pans and zooms the page. Joined to viewer.js as one module; see viewer.py. */

const DRAG_STARTS_AT = 4; // pixels; a shorter movement is still a click
const DOUBLE_CLICK_MS = 500;

/** Pointer input on the stage. */
class Gestures {
  constructor(stage, signal, { move, double, hover, pick }) {
    Object.assign(this, { stage, move, double, hover, pick });
    this.pointers = new Map(); // position of each pressed pointer
    this.pressed = null; // word and position where the first pointer was pressed
    this.dragged = false;
    this.picked = { word: -1, at: 0 }; // the word of the last click, and its time

    const on = (type, react, options) =>
      stage.addEventListener(type, react, { signal, ...options });
    on("wheel", (event) => this.turned(event), { passive: false });
    on("dblclick", () => this.pressed.word < 0 && double(-1)); // on words: see up()
    on("pointerdown", (event) => this.down(event));
    on("pointermove", (event) => this.moved(event));
    on("pointerup", (event) => this.up(event));
    on("pointercancel", (event) => this.lost(event));
    on("pointerleave", (event) => this.left(event));
  }

  turned(event) {
    event.preventDefault();
    const place = this.placeOf(event);
    this.move((viewport) => viewport.zoom(wheelFactor(event), place));
  }

  down(event) {
    if (event.button !== 0) return;
    const place = this.placeOf(event);
    // With capture, dragging continues outside the stage.
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
    this.move((viewport) => viewport.follow(before, after));
  }

  up(event) {
    if (!this.pointers.has(event.pointerId)) return;
    this.lost(event);
    const { word, place } = this.pressed;
    if (this.dragged || word < 0) return;
    // A word that is selected is drawn anew, so the browser sees no double click on it.
    const again = word === this.picked.word && event.timeStamp - this.picked.at < DOUBLE_CLICK_MS;
    this.picked = { word, at: event.timeStamp };
    if (again) this.double(word);
    else this.pick(word, place);
  }

  lost({ pointerId }) {
    this.pointers.delete(pointerId);
    if (this.pointers.size === 0) this.stage.classList.remove("dragging");
  }

  left({ pointerType }) {
    // Touch pointers leave after every tap; the tooltip must stay visible then.
    if (pointerType === "mouse") this.hover(-1);
  }

  /** Position of an event in the stage. */
  placeOf({ clientX, clientY }) {
    const corner = this.stage.getBoundingClientRect();
    return [clientX - corner.left, clientY - corner.top];
  }
}
