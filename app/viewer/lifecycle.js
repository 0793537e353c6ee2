/* Lifecycle: order of Streamlit's draw and cleanup calls. Joined to each component's script as one module. */

const lastCalls = new WeakMap();

/** Make a component of `draw` and `clear`, which both receive Streamlit's arguments.

    Streamlit may clean up an earlier call while the component is still in use, so only the
    latest call may clear. An outdated call may also arrive late: its cleanup then follows
    immediately, and the content that it replaced must be drawn again. */
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
