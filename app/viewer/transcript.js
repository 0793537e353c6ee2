// The page's text as spans. Recognised text is foreign: only textContent, no HTML.
const BANDS = [50, 75, 90];
const instances = new WeakMap();

function bandOf(conf) {
  const band = BANDS.findIndex((limit) => conf < limit);
  return band < 0 ? BANDS.length : band;
}

function wordSpan([text, conf], index) {
  const span = document.createElement("span");
  span.textContent = text;
  span.dataset.i = index;
  span.className = `word band${bandOf(conf)}`;
  span.title = `${text}: confidence ${Math.round(conf)} %`;
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
      if (place) paragraph.append(" ");
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
  if (scroll) {
    const gap = span.offsetTop - box.clientHeight / 2;
    box.scrollTo({ top: gap });
  }
}

function draw(component) {
  const { data, parentElement, setTriggerValue } = component;
  const box = parentElement.querySelector(".transcript");
  const before = instances.get(parentElement) ?? {};
  const lines = JSON.stringify(data.lines);
  box.style.maxHeight = `${data.height}px`;
  if (lines !== before.lines) build(box, data.lines);
  mark(box, data.selected, data.nonce !== before.nonce);
  box.onclick = (event) => {
    const index = event.target.dataset?.i;
    // A reader who marks text to copy it is not picking a word.
    if (index === undefined || String(getSelection()).length > 0) return;
    mark(box, index, false);
    setTriggerValue("picked", Number(index));
  };
  instances.set(parentElement, { lines, nonce: data.nonce, component });
}

export default function (component) {
  const { parentElement } = component;
  const before = instances.get(parentElement)?.component;
  draw(component);
  // A call that a later one has overtaken may arrive late. Streamlit then cleans up at
  // once, and what the call overwrote has to come back.
  let late = true;
  setTimeout(() => (late = false));
  return () => {
    if (!late || !before) return;
    if (instances.get(parentElement).component === component) draw(before);
  };
}
