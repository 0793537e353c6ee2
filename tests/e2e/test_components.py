"""The components alone, called as Streamlit may call them."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from app.viewer import difference, viewer
from app.viewer.transcript import SCRIPT as TRANSCRIPT

VIEWER = Path(viewer.__file__).parent


SCRIPTS = {
    "difference": difference.SCRIPT,
    "transcript": TRANSCRIPT,
    "viewer": viewer.SCRIPT,
}
VIEW = {"name": "Scan", "url": "", "size": [9, 9]}
BODIES = {
    "difference": '<div class="difference"></div>',
    "transcript": '<div class="transcript"></div>',
    "viewer": (VIEWER / "viewer.html").read_text(),
}
CALL = """
async ([script, calls]) => {
  const blob = new Blob([script], { type: "text/javascript" });
  const { default: call } = await import(URL.createObjectURL(blob));
  window.sent = [];
  const setTriggerValue = (...message) => window.sent.push(message);
  const component = { parentElement: document.body, setTriggerValue };
  window.again = (data) => { call({ ...component, data }); };
  for (const { data, overtaken } of calls) {
    const cleanUp = call({ ...component, data });
    if (overtaken) await Promise.resolve(cleanUp).then(clean => clean?.());
    else await new Promise(resolve => setTimeout(resolve, 10));
  }
}
"""


@pytest.fixture(scope="module")
def blank(browser):
    page = browser.new_page()
    yield page
    page.close()


@pytest.fixture
def call(blank):
    """Return a function that calls a component in an empty page."""

    def call(name, *calls, page=blank):
        page.goto("about:blank")
        page.set_content(f"<body>{BODIES[name]}</body>")
        page.evaluate(CALL, [SCRIPTS[name], calls])
        return page

    return call


def word(text, *, stale):
    """Return the data that each component receives for a page of one word."""
    return {
        "views": [VIEW | {"quads": [0, 0, 9, 0] * 2}],
        "texts": [text],
        "confs": [90],
        "lines": None,
        "blocks": None,
        "revision": text,
        "shown": 0,
        "threshold": 75,
        "selected": None,
        "nonce": 0,
        "stale": stale,
        "height": 300,
        "link": "",
        "turns": False,
    }


def test_a_page_without_words_is_shown(call):
    blank = {"texts": [], "confs": [], "views": [VIEW | {"quads": []}]}

    page = call("viewer", {"data": word("none", stale=False) | blank})

    assert page.locator(".stage").get_attribute("data-revision") == "none"
    assert page.locator(".words polygon").count() == 0


def test_the_viewer_outlives_a_call_that_arrives_after_a_later_one(call):
    old, young = word("old", stale=True), word("young", stale=False)

    page = call("viewer", {"data": young}, {"data": old, "overtaken": True})

    stage = page.locator(".stage")
    assert stage.get_attribute("data-revision") == "young"
    assert stage.get_attribute("data-stale") == "false"
    zoom = stage.get_attribute("data-zoom")
    page.get_by_role("button", name="Zoom in").click()  # it still listens
    assert stage.get_attribute("data-zoom") != zoom


def test_a_word_picked_in_passing_is_not_sent_once_the_page_is_turned(call, browser):
    data = {**word("old", stale=False), "confs": [60], "turns": True}
    # Its clock stands still: no other test has this page.
    page = call("viewer", {"data": data}, page=browser.new_page())
    page.locator(".stage").focus()
    press = page.keyboard.press
    page.clock.install()
    page.clock.pause_at(datetime.now() + timedelta(days=1))

    press("n")
    press("PageDown")
    page.clock.run_for(10_000)  # a pick by key is told when no other follows
    assert page.evaluate("sent") == [["turned", 1]]

    press("n")
    page.clock.run_for(10_000)  # left alone, it is told
    assert page.evaluate("sent").pop() == ["picked", 0]
    page.close()


def test_edits_are_sent_again_with_each_trigger_until_they_are_kept(call):
    data = {
        **word("ole", stale=False),
        "revision": "ole.0",
        "texts": ["ole", "tow"],
        "confs": [60, 60],
        "views": [VIEW | {"quads": [0, 0, 9, 0] * 4}],
        "edits": True,
        "corrected": [],
        "saved": 0,
        "turns": True,
    }
    page = call("viewer", {"data": data})
    page.locator(".stage").focus()
    correction = page.get_by_role("textbox", name="Correction")
    page.keyboard.press("n")
    page.keyboard.press("e")
    correction.fill("one")
    correction.press("Enter")
    correction.fill("two")
    correction.press("Enter")
    page.keyboard.press("Control+z")

    page.evaluate("sent.length = 0")
    page.keyboard.press("PageDown")  # would replace what Python has not taken yet
    *_, (name, edits), turned = page.evaluate("sent")  # they are sent by time too
    assert (name, turned) == ("edited", ["turned", 1])
    made = [(each.get("word"), each.get("text"), each.get("undo")) for each in edits]
    assert made == [(0, "one", None), (1, "two", None), (None, None, True)]
    numbers = [each["number"] for each in edits]
    assert numbers == sorted(set(numbers))
    assert {each["page"] for each in edits} == {"ole"}

    page.evaluate("data => again(data)", {**data, "saved": numbers[1]})
    page.evaluate("sent.length = 0")
    page.keyboard.press("PageDown")
    *_, (_, [undo]), _ = page.evaluate("sent")
    assert undo == edits[2]

    saved = numbers[2] + 10**12  # the clock was set back since
    page.evaluate("data => again(data)", {**data, "saved": saved})
    page.evaluate("sent.length = 0")
    page.keyboard.press("PageDown")
    assert page.evaluate("sent") == [["turned", 1]]
    page.keyboard.press("Control+z")
    assert page.evaluate("sent.at(-1)[1][0].number") > saved


def test_the_transcript_outlives_a_call_that_arrives_after_a_later_one(call):
    old, young = (
        {
            "lines": [{"paragraph": [1, 1], "words": [[text, 90]]}],
            "selected": None,
            "nonce": 0,
            "height": 300,
            "link": "",
        }
        for text in ("old", "young")
    )

    page = call("transcript", {"data": young}, {"data": old, "overtaken": True})

    assert page.locator(".transcript").inner_text() == "young"


def test_the_difference_outlives_a_call_that_arrives_after_a_later_one(call):
    old, young = ({"parts": [{"text": text}]} for text in ("old", "young"))

    page = call("difference", {"data": young}, {"data": old, "overtaken": True})

    assert page.locator(".difference").inner_text().strip() == "young"


def test_a_transcript_follows_calls_in_their_order(call):
    first, second = (
        {
            "lines": [{"paragraph": [1, 1], "words": [[text, 90]]}],
            "selected": 0,
            "nonce": 0,
            "height": 300,
            "link": "",
        }
        for text in ("first", "second")
    )

    page = call("transcript", {"data": first}, {"data": second})

    assert page.locator(".selected").inner_text() == "second"


DIRECTIONS = {
    "hebrew": ("heb", ["שלום", "עולם", "(1887)", "hello", "world"], "rtl"),
    "arabic": ("ara", ["مرحبا", "بالعالم"], "rtl"),
    "japanese": ("jpn", ["日本語", "の", "文書"], "ltr"),
    "german": ("deu", ["Straße", "שלום"], "ltr"),
}


@pytest.mark.parametrize("name", DIRECTIONS)
def test_text_runs_in_the_direction_of_its_script(call, name):
    language, words, direction = DIRECTIONS[name]
    data = {
        "lines": [{"paragraph": [1, 1], "words": [[word, 60] for word in words]}],
        "selected": None,
        "nonce": 0,
        "height": 300,
        "link": "",
        "lang": language,
        "phrases": {},
    }

    page = call("transcript", {"data": data})

    paragraph = page.locator("p")
    assert paragraph.inner_text() == " ".join(words)
    assert paragraph.evaluate("each => getComputedStyle(each).direction") == direction
    first, last = (page.locator(".word").nth(index).bounding_box() for index in (0, 1))
    assert (first["x"] > last["x"]) == (direction == "rtl")
    assert page.locator(".word").first.get_attribute("title") == (
        f"\u2068{words[0]}\u2069: confidence 60 %"
    )


def test_the_transcript_says_its_language(call):
    data = {"lines": [], "selected": None, "nonce": 0, "height": 300, "link": ""}

    page = call("transcript", {"data": {**data, "lang": "jpn", "phrases": {}}})

    assert page.locator(".transcript").get_attribute("lang") == "ja"
