async function fetchFile(button, { url, label }, data, told) {
  button.disabled = true;
  button.dataset.busy = "true";
  told.textContent = data.preparing;
  try {
    const answer = await fetch(url, {
      method: "POST",
      headers: { "Accept-Language": document.documentElement.lang },
    });
    const said = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(said.error ?? data.failed);
    const link = document.createElement("a");
    link.href = said.url;
    link.download = "";
    link.click();
    told.textContent = said.notes.join(" ");
  } catch (error) {
    const reason = error instanceof TypeError ? data.failed : error.message;
    told.textContent = `${label}: ${reason}`;
  } finally {
    button.disabled = false;
    delete button.dataset.busy;
  }
}

function build(box, data) {
  const told = document.createElement("p");
  told.setAttribute("role", "status");
  const buttons = data.files.map((file) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = file.label;
    button.title = file.help;
    button.classList.toggle("primary", file.primary);
    button.addEventListener("click", () => fetchFile(button, file, data, told));
    return button;
  });
  const row = document.createElement("div");
  row.className = "row";
  row.append(...buttons);
  box.replaceChildren(row, told);
}

export default lastCallWins({
  draw({ data, parentElement }) {
    const box = parentElement.querySelector(".file-buttons");
    const name = JSON.stringify(data);
    if (box.dataset.name === name) return;
    box.dataset.name = name;
    build(box, data);
  },
});
