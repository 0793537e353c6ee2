import re

import pytest

from tests.support.app_pages import FOX, png


@pytest.fixture
def plain_page(browser, server):
    """A page in a browser that runs no script, and all that it asks for."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.asked = []
    page.on("request", lambda request: page.asked.append(request.url))
    page.goto(f"{server.url}/api/")
    yield page
    context.close()


def test_the_form_reads_a_page_without_javascript(plain_page, server):
    page = plain_page
    scan = {"name": "fox.png", "mimeType": "image/png", "buffer": png(FOX)}

    page.get_by_label("File", exact=True).set_input_files(scan)
    page.get_by_label("Language").select_option("eng")
    page.get_by_label("Format of the download").select_option("words")
    page.get_by_role("button", name="Read").click()

    text = page.get_by_label("Text", exact=True)
    text.wait_for()
    assert text.inner_text().split() == FOX.split()
    assert page.locator("svg rect").count() == 9
    with page.expect_response(re.compile(r"\.jpg$")) as picture:
        page.reload()
    assert picture.value.ok
    with page.expect_download() as coming:
        page.get_by_role("link", name="words", exact=True).click()
    assert coming.value.suggested_filename == "fox.csv"
    assert coming.value.path().read_text("utf-8").startswith("doc_id,page_num,")
    assert all(url.startswith((server.url, "data:")) for url in page.asked)


def test_the_form_says_what_went_wrong_without_javascript(plain_page):
    page = plain_page
    scan = {"name": "x.png", "mimeType": "image/png", "buffer": b"no picture"}

    page.get_by_label("File", exact=True).set_input_files(scan)
    page.get_by_role("button", name="Read").click()

    alert = page.get_by_role("alert")
    alert.wait_for()
    assert "x.png is not an image or PDF" in alert.inner_text()
