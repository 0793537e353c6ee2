/* Gestures: mouse, pen and fingers become movements of the camera. Joined to viewer.js as one module; see viewer.py. */

const DRAG_STARTS_AT = 4; // a hand that shakes less than this many pixels still clicks

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
