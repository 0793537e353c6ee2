/* Link: panes that show the same page move together. Joined to the viewer's and the transcript's script. */

const MOVED = "page-viewer.moved"; // one pane tells the others where it looks
const SWITCHED = "page-viewer.switched"; // the switch turns for all of them
const STEP_KEY = "page-viewer.in-step";

/** One end of a link by name: what is told here, all other ends of the name follow. */
class Link {
  constructor(signal, follow, switched = () => {}) {
    this.name = "";
    this.on = remembered(STEP_KEY) !== "off";
    const listen = (type, react) =>
      window.addEventListener(type, ({ detail }) => react(detail), { signal });
    listen(MOVED, (detail) => {
      const mine = this.name && detail.link === this.name && detail.from !== this;
      if (mine && this.on) follow(detail);
    });
    listen(SWITCHED, (on) => {
      this.on = on;
      switched();
    });
  }

  tell(detail) {
    if (!this.name || !this.on) return;
    this.send(MOVED, { ...detail, link: this.name, from: this });
  }

  turn(on) {
    remember(STEP_KEY, on ? "on" : "off");
    this.send(SWITCHED, on);
  }

  send(type, detail) {
    window.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

// A browser may forbid storage altogether; then nothing is remembered.

function remembered(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function remember(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // What was chosen holds all the same.
  }
}
