/* Synchronization: panes that show the same page scroll together. Joined to the viewer's and the transcript's script. */

const MOVED = "page-viewer.moved"; // a pane sends its position to the others
const SWITCHED = "page-viewer.switched"; // synchronization was switched on or off for all panes
const STEP_KEY = "page-viewer.in-step";

/** A pane's end of a named link: all other ends of this name follow its messages. */
class PaneSync {
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

// The browser may block localStorage; then nothing is saved.

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
    // The setting still applies until the page is reloaded.
  }
}
