"""Steps: actions of users as functions on the page in the browser."""

from playwright.sync_api import Locator, Page, expect

KINDS = {".png": "image/png", ".pdf": "application/pdf"}
# The address of an app that reads no page a second time, which takes seconds.
READ_ONCE = "/?lang=en&knob_second_opinion=off"
COUNT_CLICKS = """
window.clicks = 0;
addEventListener("click", event => { if (event.isTrusted) window.clicks += 1; }, true);
"""
STANDS_STILL = """() => {
  const app = document.querySelector("[data-testid=stApp]");
  const faded = document.querySelector("[data-stale=true], [data-testid=stSkeleton]");
  const moving = document.getAnimations().some((each) => each.playState === "running");
  return app.dataset.testScriptState === "notRunning" && !faded && !moving;
}"""


def upload(page: Page, files: dict[str, bytes], *, already: int = 0) -> None:
    """Upload files to the app, which has `already` some, and wait until it has received
    them."""
    payload = [
        {"name": name, "mimeType": KINDS[name[-4:]], "buffer": content}
        for name, content in files.items()
    ]
    page.locator("[data-testid=stFileUploader] input[type=file]").set_input_files(
        payload
    )
    count = already + len(files)
    label = f"Document ({count})" if count > 1 else "Document"
    expect(page.get_by_role("combobox", name=label, exact=True)).to_be_visible()


def choose(page: Page, document: str) -> None:
    """Choose a document in the header."""
    page.get_by_role("combobox", name="Document").click()
    page.get_by_role("option", name=document, exact=True).click()


def press(page: Page, name: str) -> None:
    """Press the button of exactly this name."""
    page.get_by_role("button", name=name, exact=True).click()


def open_settings(page: Page, *sections: str) -> None:
    """Open all settings and some of their sections, which move those below them."""
    for name in ("All settings", *sections):
        stand_still(page)
        page.get_by_text(name, exact=True).click()
    stand_still(page)


def open_tab(page: Page, name: str) -> None:
    """Open a tab beside the picture."""
    page.get_by_role("tab", name=name, exact=True).click()


def stand_still(page: Page) -> None:
    """Wait until nothing is redrawn, as a control to press could move or vanish."""
    page.wait_for_function(STANDS_STILL, polling=100)  # ms; else at each frame


def download(page: Page, name: str) -> tuple[str, bytes]:
    """Press a download button; return the file's name and its bytes."""
    stand_still(page)
    with page.expect_download() as coming:
        press(page, name)
    return coming.value.suggested_filename, coming.value.path().read_bytes()


def text_of(page: Page) -> Locator:
    """Return the text of the page that was read."""
    return page.locator(".transcript")


def stage(page: Page) -> Locator:
    """Return the picture of the page, with the words over it."""
    return page.locator(".stage")


def word_boxes(page: Page) -> Locator:
    """Return the boxes that are drawn around the words."""
    return stage(page).locator(".words polygon")


def word_box(page: Page, index: int) -> Locator:
    """Return the box that is drawn around one word."""
    return stage(page).locator(f'.words polygon[data-i="{index}"]')


def picture(page: Page, name: str) -> Locator:
    """Return the image of one of the viewer's pictures."""
    return stage(page).locator(f'img[alt$="{name}"]')


def wait_for_text(page: Page, text: str) -> None:
    """Wait until the page shows `text`, and neither picture nor words change."""
    expect(text_of(page)).to_contain_text(text)
    expect(stage(page)).to_have_attribute("data-stale", "false")
    expect(stage(page)).to_have_attribute("data-picture", "ready")
    expect(page.get_by_text("mean confidence")).to_be_visible()


def select_row(page: Page, row: int) -> None:
    """Select a row of the word table, which is a canvas: its rows are 35 px high."""
    expect(row_of(page, row)).to_be_attached()
    stand_still(page)
    page.get_by_test_id("stDataFrame").last.click(
        position={"x": 16, "y": 35 * (row + 1) + 17}
    )


def row_of(page: Page, row: int) -> Locator:
    """Return a row of the word table, as a screen reader finds it."""
    table = page.get_by_test_id("stDataFrame").last
    return table.locator(f'tr[aria-rowindex="{row + 2}"]')


def middle(locator: Locator) -> tuple[float, float]:
    """Return the middle of what is seen of an element, in pixels of the window."""
    box = locator.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
