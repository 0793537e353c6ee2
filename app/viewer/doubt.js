/* Doubt: from which confidence on a word counts as sure. Joined to viewer.js as one module; see viewer.py. */

// Each band of confidence has a colour and a second mark (fill, dashes) in the style sheet.
const BANDS = [
  { name: "poor", from: 0, to: 50 },
  { name: "weak", from: 50, to: 75 },
  { name: "fair", from: 75, to: 90 },
  { name: "sure", from: 90, to: 101 },
];

const THRESHOLD_KEY = "page-viewer.threshold";

/** The slider of the threshold, the count beside it, and the legend of the colours. */
class Doubt {
  constructor(root, signal, changed) {
    this.root = root;
    this.slider = this.find("input[type=range]");
    this.set(75);
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
    const words = total === 1 ? "word" : "words";
    this.find(".count").textContent = this.sentence(count, total, words, stale);
    this.slider.setAttribute("aria-valuetext", `${this.threshold} percent, ${count} ${words}`);
    this.slider.style.setProperty("--value", `${this.threshold}%`);
    for (const step of ["previous", "next"]) {
      this.find(`[data-do="${step}"]`).disabled = stale || count === 0;
    }
    this.drawLegend();
  }

  sentence(count, total, words, stale) {
    if (stale) return `${this.threshold} %`;
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
}
