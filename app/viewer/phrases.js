/* Phrases: the interface in the reader's language. English is the source; Python sends what
   the reader's language has for it. Whatever `say` is given in quotes Python finds by itself. */

let phrases = {};

/** Return an English sentence in the reader's language, its blanks filled in. */
function say(sentence, values = {}) {
  const said = phrases[sentence] ?? sentence;
  return said.replace(/\{(\w+)\}/g, (blank, name) => values[name] ?? blank);
}

/** Keep foreign text, which may run from right to left, from turning what surrounds it. */
function isolated(text) {
  return `\u2068${text}\u2069`;
}

/** The sentences that stand in an element's own HTML, to be said in any language. */
class Sentences {
  constructor(root) {
    this.told = [];
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
    if (english) this.told.push({ node, property, before, english, after });
  }

  /** Say all of them in the language of these phrases. */
  tell(spoken = {}) {
    phrases = spoken;
    const name = JSON.stringify(spoken);
    if (this.spoken === name) return;
    this.spoken = name;
    for (const { node, property, before, english, after } of this.told) {
      node[property] = before + say(english) + after;
    }
  }
}
