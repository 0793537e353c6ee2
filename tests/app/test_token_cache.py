"""Token cache: tokens are counted in the background, and pieces of hits are found."""

import io
import threading

import altair as alt
import pandas as pd
import pytest
import streamlit as app_st
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from PIL import Image

from app.explore.background import LongJob, StillRunning
from app.explore.charts import FORMATS, caption, figure_file, lines
from app.explore.strips import pieces
from app.explore.tables import as_csv
from app.explore.token_cache import TokenCache
from app.explore.word_lists import STROKES, barcode
from app.session.corpus_handle import CorpusHandle
from ocr_core.corpus import Corpus
from ocr_core.errors import CancelledError, CorpusError
from ocr_core.mining import Filter, select
from ocr_core.mining.frequency import dispersion
from tests.support.explore_screen import HARBOUR, KNOWN
from tests.support.waiting import HANG
from tests.support.written_corpora import columns_of, fill, page

# Tables as files


def test_a_file_says_what_it_counts():
    tokens = columns_of([("a", ["old", "sails"]), ("b", ["motors"])])
    selection = select(tokens, Filter(documents="a", min_length=4))
    counted = pd.DataFrame({"term": ["sails, é"], "documents": [7]})

    rows = pd.read_csv(io.BytesIO(as_csv(counted, selection, "sails over year")))

    [row] = rows.to_dict("records")
    assert row.pop("how_this_was_counted").startswith("How this was counted.")
    assert row == {
        "term": "sails, é",
        "documents": 7,
        "asked": "sails over year",
        "filter": "documents=a; min_length=4",
        "filter_documents": 1,
        "filter_pages": 1,
        "filter_tokens": 1,
    }


def test_a_file_without_rows_says_how_it_was_counted():
    selection = select(columns_of([("a", ["old"])]), Filter(min_length=4))
    counted = pd.DataFrame({"term": [], "documents": []})

    [row] = pd.read_csv(io.BytesIO(as_csv(counted, selection))).to_dict("records")

    assert row["how_this_was_counted"].startswith("How this was counted.")
    assert (row["filter"], row["filter_tokens"]) == ("min_length=4", 0)
    assert pd.isna(row["term"])


# The token cache


@pytest.fixture
def kept(tmp_path):
    """A corpus handle with two documents."""
    kept = CorpusHandle(tmp_path / "harbour.sqlite")
    kept.ask(lambda corpus: fill(corpus, *HARBOUR))
    yield kept
    kept.close()


def cut(cache, corpus_handle, raw=False):
    """Return the tokens, however long it takes."""
    while True:
        try:
            return cache.tokens(corpus_handle, raw)
        except StillRunning as running:
            assert running.job.ended.wait(HANG)


def test_tokens_are_made_once_and_again_after_a_correction(kept):
    cache = TokenCache()
    first = cut(cache, kept)
    made = cache.selection(first, Filter())
    assert cut(cache, kept) is first
    assert cache.selection(first, Filter()) is made

    kept.ask(lambda corpus: corpus.correct("mail_1890", 1, 1, "port"))

    again = cut(cache, kept)
    assert again is not first
    assert "port" in select(again).ids
    assert cache.selection(again, Filter()) is not made
    raw = select(cut(cache, kept, raw=True))
    assert raw.counts[raw.ids["port"]] == 0


def test_metadata_that_change_are_seen(kept):
    cache = TokenCache()
    assert not cut(cache, kept).metadata

    kept.ask(lambda corpus: corpus.set_metadata(KNOWN))

    assert dict(cut(cache, kept).metadata) == KNOWN


def test_the_oldest_table_is_forgotten_first(monkeypatch):
    monkeypatch.setattr("app.explore.token_cache.KEPT", 2)
    cache, made = TokenCache(), []

    for key in "abacab":
        cache.once(key, lambda key=key: made.append(key))

    assert made == ["a", "b", "c", "b"]


def test_a_fault_is_reported_and_the_next_time_it_is_tried_again(kept, monkeypatch):
    cache = TokenCache()

    def broken(corpus, **_):
        raise CorpusError("Torn.")

    with monkeypatch.context() as torn:
        torn.setattr(Corpus, "tokens", broken)
        with pytest.raises(CorpusError, match="Torn"):
            cut(cache, kept)

    assert len(cut(cache, kept)) == 31


def test_a_tokenizing_job_that_nobody_needs_ends(kept, monkeypatch):
    monkeypatch.setattr("app.explore.token_cache.WAIT_SECONDS", 0)
    begun, go_on = threading.Event(), threading.Event()

    def slow(corpus, *, raw, progress):
        progress(1, 4)
        begun.set()
        assert go_on.wait(HANG)
        progress(2, 4)
        raise AssertionError("it goes on")

    monkeypatch.setattr(Corpus, "tokens", slow)
    cache = TokenCache()
    with pytest.raises(StillRunning) as running:
        cache.tokens(kept, False)
    cutting = running.value.job
    assert begun.wait(HANG)
    assert (cutting.done, cutting.total, cutting.share) == (1, 4, 0.25)
    assert cutting.seconds_left is not None

    cache.leave()
    go_on.set()

    assert cutting.ended.wait(HANG)
    assert isinstance(cutting.error, CancelledError)


def test_work_of_a_kind_ends_when_other_work_of_it_is_wanted():
    cache, go_on = TokenCache(), threading.Event()
    reported = []

    def slow(progress):
        assert go_on.wait(HANG)
        reported.append("reached")
        progress(1, 2)

    with pytest.raises(StillRunning) as running:
        cache.jobs.result(LongJob(("topics", 8), "", slow, ""), 0)
    first = running.value.job
    with pytest.raises(StillRunning) as same:
        cache.jobs.result(LongJob(("topics", 8), "", slow, ""), 0)
    assert same.value.job is first

    assert cache.long(("topics", 9), "", lambda _: "nine") == "nine"

    go_on.set()
    assert first.ended.wait(HANG)
    assert reported == ["reached"]
    assert isinstance(first.error, CancelledError)
    assert cache.long(("topics", 9), "", lambda _: "not made again") == "nine"


def test_no_session_sees_what_another_studies(kept, tmp_path):
    other = CorpusHandle(tmp_path / "own" / "corpus.sqlite")
    other.path.parent.mkdir()
    other.ask(lambda corpus: fill(corpus, page("secret", "whispered words")))
    ours, theirs = TokenCache(), TokenCache()

    here, there = cut(ours, kept), cut(theirs, other)
    ours.once("table", lambda: "ours")

    assert {page.doc_id for page in there.page_infos} == {"secret"}
    assert "secret" not in {page.doc_id for page in here.page_infos}
    assert theirs.once("table", lambda: "theirs") == "theirs"
    assert "secret" in {page.doc_id for page in cut(ours, other).page_infos}
    assert ours.once("table", lambda: "made again") == "made again"
    other.close()


# Pieces of a hit

WIDTHS = st.lists(
    st.tuples(st.integers(1, 90), st.integers(5, 40), st.integers(0, 4)),
    min_size=1,
    max_size=5,
)


def line(top, words):
    """Return boxes side by side on one line, each with its height and rise."""
    left, boxes = 10, []
    for width, height, rise in words:
        boxes.append((left, top - rise, width, height))
        left += width + 7
    return boxes


def holds(outer, inner):
    return (
        outer[0] <= inner[0]
        and outer[1] <= inner[1]
        and outer[0] + outer[2] >= inner[0] + inner[2]
        and outer[1] + outer[3] >= inner[1] + inner[3]
    )


@given(WIDTHS, WIDTHS)
def test_words_of_one_line_join_to_one_piece_and_lines_stay_apart(words, below):
    upper, lower = line(100, words), line(200, below)

    first, second = pieces([*upper, *lower])

    assert all(holds(first, box) for box in upper)
    assert all(holds(second, box) for box in lower)
    assert first[1] + first[3] <= second[1]
    assert first[2] == upper[-1][0] + upper[-1][2] - upper[0][0]


def test_a_hit_of_no_box_has_no_piece():
    assert pieces([]) == ()


def test_a_chart_leaves_as_a_drawing_for_print():
    table = pd.DataFrame({"term": ["Größe", "<sea>"], "count": [3, 1]})
    chart = alt.Chart(table).mark_bar().encode(x="count:Q", y="term:N")

    drawing = etree.fromstring(figure_file(chart, "svg", "Sizes & seas", "3 words"))

    written = [each.text for each in drawing.iter("{*}text")]
    assert {"Größe", "<sea>", "Sizes & seas", "3 words"} <= set(written)
    shapes = drawing.iter("{*}path")
    bars = [each for each in shapes if each.get("aria-roledescription") == "bar"]
    assert len(bars) == 2
    colours = app_st.get_option("theme.light.chartCategoricalColors")
    assert {each.get("fill") for each in bars} == {colours[0]}
    assert float(drawing.get("width")) >= 640


def test_a_chart_leaves_in_every_format_at_the_resolution_of_print():
    chart = alt.Chart(pd.DataFrame({"n": [1, 2]})).mark_bar().encode(x="n:Q")

    files = {
        ending: figure_file(chart, ending, "Title", "Source") for ending in FORMATS
    }

    assert files["svg"].startswith(b"<svg")
    assert files["pdf"].startswith(b"%PDF-")
    picture = Image.open(io.BytesIO(files["png"]))
    assert picture.info["dpi"] == pytest.approx((300, 300), abs=0.1)
    assert picture.width >= 640 * 300 / 72
    assert picture.getpixel((0, 0))[:3] == (255, 255, 255)


def test_the_caption_of_a_figure_says_what_was_counted():
    tokens = columns_of([("a", ["an", "old", "two"])])

    text = caption(select(tokens, Filter(min_length=3)))

    assert text.startswith(
        "Counted: 1 document, 1 page, 2 tokens. Filter: min_length=3. ocr-core "
    )


def test_documents_with_the_most_strokes_are_drawn_a_row_each(monkeypatch):
    drawn, said = [], []
    monkeypatch.setattr(
        "app.explore.word_lists.show_chart", lambda chart, *_: drawn.append(chart.data)
    )
    monkeypatch.setattr("app.explore.word_lists.st.caption", said.append)
    monkeypatch.setattr("app.explore.word_lists.MAX_STROKE_ROWS", 2)
    selection = select(columns_of([("a", ["x", "y"]), ("b", "xxx"), ("c", "yxx")]))

    barcode(dispersion(selection, ["x"]), selection, "doc_id")

    [strokes] = drawn
    found = list(zip(strokes["doc_id"], strokes["position"], strict=True))
    assert found == [("b", 0), ("b", 0.5), ("b", 1), ("c", 0.5), ("c", 1)]
    assert said == ["The 2 documents with the most occurrences, of 3."]


@pytest.mark.parametrize("total", [10, 50_000])
def test_strokes_that_fall_together_are_drawn_once(total, monkeypatch):
    drawn = []
    monkeypatch.setattr(
        "app.explore.word_lists.show_chart", lambda chart, *_: drawn.append(chart.data)
    )
    rows = pd.DataFrame(
        {
            "term": ["the"] * total + ["sea"],
            "token_index": [*range(total), total // 2],
            "doc_id": "a",
            "page_num": 1,
        }
    )

    barcode(rows, select(columns_of([("a", ["the"] * total)])), "term")

    [strokes] = drawn
    assert strokes["term"].value_counts().to_dict() == {
        "the": min(total, STROKES),
        "sea": 1,
    }
    assert strokes["token_index"].iloc[0] == 0


@pytest.mark.parametrize(("high", "domain"), [(3000, None), (700_000, [0, 6000])])
def test_a_long_interval_does_not_flatten_a_trend(monkeypatch, high, domain):
    drawn = []
    monkeypatch.setattr(
        "app.explore.charts.show_chart", lambda chart, *_: drawn.append(chart.to_dict())
    )
    columns = ["value", "term", "per_million", "low", "high"]
    rows = [("1880", "sea", 0, 0, high), ("1890", "sea", 2000, 1000, 3000)]

    lines(
        pd.DataFrame(rows, columns=columns),
        select(columns_of([("a", ["sea"])])),
        "value",
        "per_million",
        "term",
        name="trends",
        titles=("year", "per million"),
        alt_text="",
    )

    y = drawn[0]["layer"][0]["encoding"]["y"]
    assert y["scale"].get("domain") == domain
    assert y["title"].startswith("per million") and ("cut" in y["title"]) == bool(
        domain
    )
