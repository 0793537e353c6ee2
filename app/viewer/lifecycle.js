/* Calls: how a component follows Streamlit's calls. Joined to each component's script as one module. */

const lastCalls = new WeakMap();

/** Make a component of `draw` and `clear`, both of which take what Streamlit hands over.

    Streamlit may clean up after a call that a later one has overtaken while the component
    lives on, so only the latest call may clear. An overtaken call may also arrive late; its
    clean-up then follows at once, and what it drew over has to come back. */
function lastCallWins({ draw, clear = () => {} }) {
  return (component) => {
    const { parentElement } = component;
    const before = lastCalls.get(parentElement);
    lastCalls.set(parentElement, component);
    draw(component);
    let late = true;
    setTimeout(() => (late = false));
    return () => {
      if (lastCalls.get(parentElement) !== component) return;
      lastCalls.delete(parentElement);
      if (late && before) {
        lastCalls.set(parentElement, before);
        draw(before);
      } else {
        clear(component);
      }
    };
  };
}
