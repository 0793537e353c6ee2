/* Mount: one viewer for each place where Streamlit puts one. Joined to viewer.js as one module; see viewer.py. */

const viewers = new WeakMap();

/** Called by Streamlit on mounting and again whenever the data or the theme changes. */
export default lastCallWins({
  draw({ data, parentElement, setTriggerValue }) {
    const viewer = viewerIn(parentElement);
    viewer.trigger = setTriggerValue;
    viewer.update(data);
  },
  clear({ parentElement }) {
    viewers.get(parentElement)?.dispose();
    viewers.delete(parentElement);
  },
});

function viewerIn(root) {
  const known = viewers.get(root);
  if (known && root.contains(known.stage)) return known;
  known?.dispose();
  const viewer = new Viewer(root);
  viewers.set(root, viewer);
  return viewer;
}
