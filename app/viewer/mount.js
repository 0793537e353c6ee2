/* Mount: one viewer for each element that Streamlit mounts. Joined to viewer.js as one module; see viewer.py. */

const viewers = new WeakMap();

/** Called by Streamlit on mounting and after each change of the data or the theme. */
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
