/* Phrases: the interface in the user's language. English is the source; Python sends the
   translations. Python collects every string literal that is passed to `say`. */

let phrases = {};

/** Translate an English sentence and fill in its placeholders. */
function say(sentence, values = {}) {
  const said = phrases[sentence] ?? sentence;
  return said.replace(/\{(\w+)\}/g, (blank, name) => values[name] ?? blank);
}

/** Isolate text that may run from right to left, so that the text around it is unaffected. */
function isolated(text) {
  return `\u2068${text}\u2069`;
}

/** The sentences in an element's HTML, which can be translated again at any time. */
class Sentences {
  constructor(root) {
    this.texts = [];
    const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) this.hold(walk.currentNode, "data");
    for (const name of ["title", "aria-label", "aria-roledescription"]) {
      for (const each of root.querySelectorAll(`[${name}]`)) {
        this.hold(each.getAttributeNode(name), "value");
      }
    }
  }

  hold(node, property) {
    const [, before, english, after] = node[property].match(/^(\s*)(.*?)(\s*)$/s);
    if (english) this.texts.push({ node, property, before, english, after });
  }

  /** Replace all of them by these translations. */
  tell(spoken = {}) {
    phrases = spoken;
    const name = JSON.stringify(spoken);
    if (this.spoken === name) return;
    this.spoken = name;
    for (const { node, property, before, english, after } of this.texts) {
      node[property] = before + say(english) + after;
    }
  }
}
