"""What people do with the app, as functions on its page."""

from playwright.sync_api import Page, expect

KINDS = {"png": "image/png", "pdf": "application/pdf", "tif": "image/tiff"}


def upload(page: Page, files: dict[str, bytes]) -> None:
    """Give files to the uploader, and wait until the app has taken them over."""
    payload = [
        {"name": name, "mimeType": KINDS[name[-3:]], "buffer": content}
        for name, content in files.items()
    ]
    uploader = page.get_by_test_id("stFileUploader")
    count = documents(page)
    uploader.locator("input[type=file]").set_input_files(payload)
    label = f"Document ({count + len(files)})" if count + len(files) > 1 else "Document"
    expect(page.get_by_label(label, exact=True)).to_be_visible()


def documents(page: Page) -> int:
    """Count the documents that the header says are open."""
    label = page.get_by_test_id("stSelectbox").filter(has_text="Document")
    if not label.count():
        return 0
    digits = "".join(filter(str.isdigit, label.first.locator("label").inner_text()))
    return int(digits or 1)


def text_of(page: Page):
    """Return the text of the page that was read."""
    return page.locator(".transcript")


def stage(page: Page):
    """Return the picture of the page, with the words over it."""
    return page.locator(".stage")


def word_box(page: Page, index: int):
    """Return the box that is drawn around a word."""
    return page.locator(f'.stage .words polygon[data-i="{index}"]')


def wait_for_text(page: Page, text: str) -> None:
    """Wait until the page is read and says `text`, in picture and text alike."""
    expect(text_of(page)).to_contain_text(text)
    expect(stage(page)).to_have_attribute("data-stale", "false")
    expect(page.locator(".stage")).to_have_attribute("data-picture", "ready")
    expect(page.get_by_text("mean confidence")).to_be_visible()


def press(page: Page, name: str) -> None:
    """Press the button of exactly this name."""
    page.get_by_role("button", name=name, exact=True).click()


def download(page: Page, name: str) -> tuple[str, bytes]:
    """Press a download button; return the file's name and its bytes."""
    with page.expect_download() as coming:
        press(page, name)
    return coming.value.suggested_filename, coming.value.path().read_bytes()
