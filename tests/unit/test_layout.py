"""Running text: where it ends, and where it continues over columns and pages."""

import pytest

from ocr_core.mining import Filter, select
from ocr_core.mining.association import collocates
from ocr_core.mining.concordance import kwic
from ocr_core.mining.frequency import ngrams
from ocr_core.mining.hits import positions
from ocr_core.mining.layout import ends_sentence
from ocr_core.page import Word
from tests.support.written_corpora import page, tokens_of


def block(text, number=1, par=1, height=20, left=0, top=0):
    """Words of a block: lines side by side, 10 pixels a letter."""
    found = []
    for line, words in enumerate(text.split("\n"), 1):
        x = left
        for n, word in enumerate(words.split(), 1):
            box = (x, top + 30 * line, 10 * len(word), height)
            found.append(Word(number, par, line, n, *box, 90.0, word))
            x += 10 * len(word) + 10
    return found


def laid(*blocks, doc_id="a", number=1, **more):
    words = tuple(word for each in blocks for word in each)
    return page(doc_id, "", number, rows=words, size=(2000, 2000), **more)


def goes_on(pages, phrase, **wanted):
    return len(positions(select(tokens_of(pages), Filter(**wanted)), phrase).starts) > 0


COLUMN = "the boats lay in the old\nharbour and waited for the"
NEXT = "tide to turn before they\ncould put to sea."


def test_text_continues_from_column_to_column_and_page_to_page():
    columns = laid(block(COLUMN), block(NEXT, 2, left=400))
    pages = [laid(block(COLUMN)), laid(block(NEXT), number=2)]

    assert goes_on([columns], "for the tide")
    assert goes_on(pages, "for the tide")
    assert dict(
        ngrams(select(tokens_of(pages)), 2, min_count=1)[["term", "count"]].values
    )["the tide"]


def test_no_text_continues_over_a_page_that_is_missing_or_failed():
    first, third = laid(block(COLUMN)), laid(block(NEXT), number=3)
    failed = laid(number=2, status="failed")
    blank = laid(number=2, status="blank")

    assert not goes_on([first, third], "the tide")
    assert not goes_on([first, failed, third], "the tide")
    assert goes_on([first, blank, third], "the tide")


@pytest.mark.parametrize(
    "head",
    [
        block("Harbour News", 2, height=40),
        block("HARBOUR NEWS", 2),
        block("Harbour News", 2),  # short, no full stop, and a capital follows
    ],
    ids=["tall", "capitals", "short"],
)
def test_no_phrase_goes_over_a_heading(head):
    one_page = laid(
        block("They put to the open sea."), head, block("The tide was low.", 3)
    )

    assert goes_on([one_page], "harbour news")
    assert not goes_on([one_page], "news the")
    assert goes_on([one_page], "the tide")
    found = collocates(select(tokens_of([one_page])), "tide", min_count=1)
    assert set(found["term"]) == {"the", "was", "low"}


def test_a_caption_does_not_continue_in_the_text():
    caption = block("The quay at Hull", 1)
    text = block("Trade was slow in the old\ntown that year.", 2)

    assert not goes_on([laid(caption, text)], "Hull trade")


def test_a_full_line_before_a_name_continues():
    first = block("it was said in the old\ntown that old captain", 1)
    second = block("Johnson had sailed for\nthe north.", 2, left=400)

    assert goes_on([laid(first, second)], "captain johnson")


def test_phrases_stop_at_paragraphs_and_sentences_when_asked():
    one = block("The tide was low. The boats lay.", 1, par=1)
    two = block("The sea was calm and blue again.", 1, par=2, top=60)
    pages = [laid(one, two)]

    assert goes_on(pages, "lay the") and goes_on(pages, "low the")
    assert not goes_on(pages, "lay the", within="paragraph")
    assert goes_on(pages, "low the", within="paragraph")
    assert not goes_on(pages, "low the", within="sentence")


def test_a_word_broken_over_a_page_is_one_and_no_head_stands_inside():
    halves = "he saw {} ships in the har-", "bour that day, wrote {}."
    pages = [
        laid(
            block("THE TIDE"),
            block(halves[n % 2].format("abc"[n // 2] * 9), 2, top=900),
            number=n + 1,
        )
        for n in range(6)
    ]

    rows, total = kwic(select(tokens_of(pages)), "harbour", window=2)

    assert total == 3
    assert set(rows["left"]) == {"in the"}
    assert set(rows["right"]) == {"that day"}


@pytest.mark.parametrize(
    ("text", "after", "language", "ends"),
    [
        ("low.", "The", "eng", True),
        ("low.”", "“The", "eng", True),
        ("low.", "the", "eng", False),
        ("Mr.", "Smith", "eng", False),
        ("J.", "Smith", "eng", False),
        ("U.S.", "Army", "eng", False),
        ("1890.", "The", "eng", True),
        ("3.", "Mai", "deu", False),
        ("3.", "The", "eng", True),
        ("है।", "यह", "hin", True),
        ("why?", "12", "eng", True),
    ],
)
def test_a_sentence_ends_at_its_marks_but_not_in_abbreviations(
    text, after, language, ends
):
    assert ends_sentence(text, after, language) == ends
