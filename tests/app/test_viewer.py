import json

import pytest

from app.viewer import View, page_viewer
from tests.support.app_driver import simulated

CORNERS = [10, 20, 40, 20, 40, 25, 10, 25]
ONE_WORD = {
    "views": [View("Scan", "/page/a.jpg", (100, 50), CORNERS)],
    "texts": ["fox"],
    "confs": [90.0],
    "revision": "a",
    "key": "viewer",
}


def sent_for(**options):
    """Return the data that the browser receives for a page of one word."""

    def script(options):
        from app.viewer import page_viewer

        page_viewer(**options)

    given = {**ONE_WORD, **options}
    shown = simulated(script, args=(given,)).run()
    assert not shown.exception
    return json.loads(shown.get("bidi_component")[0].proto.json)


def test_the_browser_receives_pictures_and_words():
    sent = sent_for()

    assert sent["views"] == [
        {"name": "Scan", "url": "/page/a.jpg", "size": [100, 50], "quads": CORNERS}
    ]
    assert (sent["texts"], sent["confs"], sent["lines"]) == (["fox"], [90.0], None)
    assert (sent["selected"], sent["nonce"], sent["stale"]) == (None, 0, False)


def test_confidences_are_rounded_down():
    assert sent_for(confs=[74.99])["confs"] == [74.9]  # 75 would pass a threshold of 75


def test_numbers_that_json_cannot_hold_are_sent_as_0():
    wild = [float("nan"), float("inf"), -float("inf"), 1.04, 2, 3, 4, 5]
    views = [View("Scan", "/page/a.jpg", (100, 50), wild)]

    sent = sent_for(views=views, confs=[float("nan")])

    assert sent["views"][0]["quads"] == [0, 0, 0, 1.0, 2, 3, 4, 5]
    assert sent["confs"] == [0]


def test_a_page_without_words_can_be_shown():
    views = [View("Scan", "/page/a.jpg", (100, 50), [])]

    sent = sent_for(views=views, texts=[], confs=[], lines=[], stale=True)

    assert (sent["texts"], sent["lines"], sent["stale"]) == ([], [], True)


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"views": []}, "at least one view"),
        ({"confs": []}, "differ in length"),
        ({"lines": [0, 0]}, "differ in length"),
        ({"views": [View("Scan", "", (1, 1), [])]}, "Scan needs 8 numbers"),
        ({"texts": ["a", "b"], "confs": [1, 2]}, "Scan needs 8 numbers"),
    ],
)
def test_words_and_boxes_must_belong_together(wrong, complaint):
    with pytest.raises(ValueError, match=complaint):
        page_viewer(**{**ONE_WORD, **wrong})
