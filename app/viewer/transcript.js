// The page's text as spans. Recognized text is untrusted: set textContent only, no HTML.
const instances = new WeakMap();

function bandOf(conf) {
  const band = CONFIDENCE_LIMITS.findIndex((limit) => conf < limit);
  return band < 0 ? CONFIDENCE_LIMITS.length : band;
}

function wordSpan([text, conf, read], index) {
  if (read !== undefined) return correctedSpan(text, read, index);
  const span = document.createElement("span");
  span.textContent = text;
  span.dataset.i = index;
  span.className = `word band${bandOf(conf)}`;
  span.title = say("{text}: confidence {conf} %", { text: isolated(text), conf: Math.round(conf) });
  return span;
}

/** A word that was corrected, or struck out. */
function correctedSpan(text, read, index) {
  const span = document.createElement(text ? "span" : "del");
  span.textContent = text || read;
  span.dataset.i = index;
  span.className = "word corrected";
  span.title = say("{text}: corrected, was read as {read}", { text: isolated(text), read: isolated(read) });
  return span;
}

function build(box, lines) {
  const parts = document.createDocumentFragment();
  let index = 0;
  let paragraph = null;
  let last = "";
  for (const line of lines) {
    const name = line.paragraph.join(" ");
    if (name !== last) {
      paragraph = document.createElement("p");
      paragraph.dir = "auto";
      parts.append(paragraph);
      last = name;
    } else {
      paragraph.append(document.createElement("br"));
    }
    line.words.forEach((word, place) => {
      if (place && !line.closed?.includes(place)) paragraph.append(" ");
      paragraph.append(wordSpan(word, index));
      index += 1;
    });
  }
  box.replaceChildren(parts);
}

function mark(box, selected, scroll) {
  box.querySelector(".selected")?.classList.remove("selected");
  const span = box.querySelector(`[data-i="${selected}"]`);
  if (!span) return;
  span.classList.add("selected");
  if (scroll) scrollTo(box, span.offsetTop - box.clientHeight / 2);
}

// Synchronized scrolling

function scrollTo(box, top) {
  box.scrollTo({ top });
  box.dataset.put = box.scrollTop; // position after our own scrolling, not the user's
}

/** Scroll as little as needed to move a word out of the outer fifth of the box. */
function follow(box, { word }) {
  const span = box.querySelector(`[data-i="${word}"]`);
  if (!span) return;
  const place = span.offsetTop - box.scrollTop;
  const [high, low] = [box.clientHeight / 5, (4 * box.clientHeight) / 5];
  if (place < high) scrollTo(box, span.offsetTop - high);
  else if (place > low) scrollTo(box, span.offsetTop - low);
}

/** The word at the reading position, which moves from the top to the bottom of the box. */
function wordInSight(box) {
  const spans = box.querySelectorAll(".word");
  const spare = box.scrollHeight - box.clientHeight;
  const place = box.scrollTop + box.clientHeight * (box.scrollTop / Math.max(spare, 1));
  let [low, high] = [0, spans.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (spans[middle].offsetTop + spans[middle].offsetHeight < place) low = middle + 1;
    else high = middle;
  }
  return low;
}

function onScroll(box, link) {
  if (Math.abs(box.scrollTop - Number(box.dataset.put ?? -9)) < 2) return;
  delete box.dataset.put;
  link.tell({ word: wordInSight(box) });
}

function join(box) {
  const listening = new AbortController();
  const { signal } = listening;
  const link = new PaneSync(signal, (detail) => follow(box, detail));
  box.addEventListener("scroll", () => onScroll(box, link), { signal });
  return { box, link, listening, sentences: new Sentences(box.parentNode) };
}

export default lastCallWins({
  draw({ data, parentElement, setTriggerValue }) {
    const box = parentElement.querySelector(".transcript");
    let instance = instances.get(parentElement);
    if (instance?.box !== box) {
      instance?.listening.abort();
      instance = join(box);
      instances.set(parentElement, instance);
    }
    instance.sentences.tell(data.phrases);
    box.lang = data.lang ? Intl.getCanonicalLocales(data.lang)[0] : "";
    const lines = JSON.stringify([data.lines, data.phrases]);
    box.style.maxHeight = `${data.height}px`;
    instance.link.name = data.link;
    if (lines !== instance.lines) build(box, data.lines);
    mark(box, data.selected, data.nonce !== instance.nonce);
    box.onclick = (event) => {
      const index = event.target.dataset?.i;
      // Selecting text to copy it is not a click on a word.
      if (index === undefined || String(getSelection()).length > 0) return;
      mark(box, index, false);
      setTriggerValue("picked", Number(index));
    };
    Object.assign(instance, { lines, nonce: data.nonce });
  },
  clear({ parentElement }) {
    instances.get(parentElement)?.listening.abort();
    instances.delete(parentElement);
  },
});
