/* Confidence filter: the threshold below which words are doubtful. Joined to viewer.js as one module; see viewer.py. */

// The style sheet gives each confidence band a colour and a second cue (fill, dashes).
const BANDS = ["poor", "weak", "fair", "sure"].map((name, i) => ({
  name,
  from: CONFIDENCE_LIMITS[i - 1] ?? 0,
  to: CONFIDENCE_LIMITS[i] ?? 101, // above 100, so that 100 is included
}));

const THRESHOLD_KEY = "page-viewer.threshold";

/** The threshold slider, the word count next to it, and the colour legend. */
class ConfidenceFilter {
  constructor(root, signal, changed) {
    this.root = root;
    this.slider = this.find("input[type=range]");
    this.set(0); // until the first data arrive
    const slid = () => {
      this.set(Number(this.slider.value));
      remember(THRESHOLD_KEY, this.threshold);
      changed();
    };
    this.slider.addEventListener("input", slid, { signal });
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  set(value) {
    this.threshold = clamp(Math.round(value), 0, 100);
    this.slider.value = this.threshold;
  }

  draw(count, total, stale) {
    const limit = this.threshold;
    this.find(".count").textContent = this.sentence(count, total, limit, stale);
    const value = say("{limit} percent, words below: {count}", { limit, count });
    this.slider.setAttribute("aria-valuetext", value);
    this.slider.style.setProperty("--value", `${this.threshold}%`);
    for (const step of ["previous", "next"]) {
      this.find(`[data-do="${step}"]`).disabled = stale || count === 0;
    }
    this.drawLegend();
  }

  sentence(count, total, limit, stale) {
    if (stale) return `${limit} %`;
    if (total === 0) return say("No words on this page");
    if (total === 1) return say("{count} of 1 word below {limit} %", { count, limit });
    return say("{count} of {total} words below {limit} %", { count, total, limit });
  }

  drawLegend() {
    for (const { name, from, to } of BANDS) {
      const item = this.find(`.legend [data-band="${name}"]`);
      item.hidden = from >= this.threshold;
      const end = Math.min(to, this.threshold);
      item.lastElementChild.textContent = from === 0 ? say("below {end} %", { end }) : `${from}–${end} %`;
    }
    this.find('.legend [data-band="faint"] span').textContent =
      this.threshold > 0
        ? say("{limit} % and above", { limit: this.threshold })
        : say("all words");
  }
}
