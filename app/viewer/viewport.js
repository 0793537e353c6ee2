/* Viewport: the position and scale of the page in the stage. Joined to viewer.js as one module; see viewer.py. */

const LARGEST_SCALE = 8;
const MARGIN = 8; // free space around a fitted page
const KEPT_IN_SIGHT = 60; // part of the page that stays visible when it is dragged
const LEGIBLE_HEIGHT = 26; // minimum height in pixels of a word that is zoomed to
const LARGEST_LEGIBLE_SCALE = 2;

/** Transform from page to stage: a page point times `scale`, plus `x` and `y`. */
class Viewport {
  constructor() {
    this.page = { width: 1, height: 1 };
    this.stage = { width: 0, height: 0 };
    this.scale = 1;
    this.x = 0;
    this.y = 0;
    this.hold = "page"; // "page" or "width": fit again when sizes change; "": keep
  }

  holds(size) {
    return this.page.width === size.width && this.page.height === size.height;
  }

  /** Show a page of another size. */
  open(size) {
    this.page = size;
    if (this.hold === "width") this.fitWidth(0);
    else this.fitPage();
  }

  /** Replace the page by one with another resolution: scale by `ratio`, centre `point`. */
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

  /** Fit the page's width to the stage, and centre its y coordinate `middle`. */
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

  /** Pan with one pointer, or pan and zoom with two. */
  follow(before, after) {
    const [old, young] = [meanOf(before), meanOf(after)];
    this.pan(young[0] - old[0], young[1] - old[1]);
    if (before.length < 2) return;
    const spread = distance(before[0], before[1]);
    if (spread > 0) this.zoom(distance(after[0], after[1]) / spread, young);
  }

  /** Centre a word, large enough to read. */
  centre(point, height) {
    const legible = Math.min(LEGIBLE_HEIGHT / Math.max(height, 1), LARGEST_LEGIBLE_SCALE);
    this.scale = this.bounded(Math.max(this.scale, legible));
    this.hold = "";
    this.putInMiddle(point);
  }

  /** Centre a point of the page, at the scale of a linked viewer. */
  look(point, scale) {
    this.hold = "";
    this.scale = this.bounded(scale);
    this.putInMiddle(point);
  }

  /** Pan as little as needed to move a point out of the outer fifth of the stage. */
  keepInSight(point) {
    const [x, y] = this.toStage(point);
    const { width, height } = this.stage;
    const [dx, dy] = [shortfall(x, width), shortfall(y, height)];
    if (this.hold === "width") this.fitWidth(this.middle()[1] - dy / this.scale);
    else if (!this.hold) [this.x, this.y] = [this.x + dx, this.y + dy];
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
