"""Stability: without errors nothing changes, and more errors change more."""

from dataclasses import replace

import numpy as np
import pytest

from ocr_core.corpus import Corpus
from ocr_core.errors import SettingsError
from ocr_core.mining import Filter, select
from ocr_core.mining.analyses import analysis, common_words
from ocr_core.mining.form_groups import form_groups
from ocr_core.mining.stability import (
    Stability,
    changes_by_letters,
    corrected_selection,
    letter_rates,
    misread_word,
    stability,
)
from tests.support.planted_topics import written
from tests.support.written_corpora import CALIBRATION, corpus, fill, page, tokens_of

COUNTS = [f"{chr(97 + n % 26)}word{chr(97 + n // 26)}ing" for n in range(120)]
TEXT = " ".join(" ".join([word] * (1 + n)) for n, word in enumerate(COUNTS))


@pytest.fixture(scope="module")
def whole():
    return select(corpus(TEXT))


def test_without_errors_nothing_changes(whole):
    found = stability(whole, common_words, cer=0, rounds=3)

    assert (found.overlap, found.overlap_low) == (1, 1)
    assert found.correlation == pytest.approx(1)
    assert found.verdict == "good" and found.better_pages is None
    assert (found.table["stays"] == 1).all()
    assert (found.table["low"] == found.table["figure"]).all()
    assert str(found.sentence) == (
        "Good enough: recognition errors hardly change this analysis. At a character "
        "error rate of 0.0 %, about 50 of the first 50 rows are those of the true "
        "texts (50 to 50 in 90 % of 3 simulations); rank correlation 1.00."
    )


def test_a_view_of_few_rows_has_no_first_ones(whole):
    def view(selection):
        return dict(list(common_words(selection).items())[:4])

    sentence = str(stability(whole, view, cer=0, rounds=3).sentence)

    assert "first" not in sentence
    assert (
        "the true texts probably have about 4 of the 4 rows too (4 to 4 in" in sentence
    )


def test_more_errors_change_more(whole):
    rates = (0.02, 0.1, 0.3)
    found = [stability(whole, common_words, cer=rate, rounds=5) for rate in rates]

    overlaps = [each.overlap for each in found]
    assert overlaps == sorted(overlaps, reverse=True) and overlaps[-1] < overlaps[0]
    for each in found:
        assert each.overlap_low <= each.overlap <= each.overlap_high
        # errors take occurrences away, so without them each word has more
        assert (each.table["high"] >= each.table["figure"]).all()


def test_the_prediction_is_between_the_simulated_overlap_and_the_one_found(whole):
    half = dict(list(common_words(whole).items())[25:])  # 25 of its first 50 are new

    def view(selection):
        return half if selection is whole else common_words(selection)

    read = stability(whole, view, cer=0, rounds=2)

    # simulated without errors 1, as read 25 of 50
    assert read.overlap == pytest.approx((1 + 0.5) / 2)


def test_the_better_half_is_not_compared_if_it_has_too_few_pages_for_the_view():
    text = " ".join(["harbour"] * 30 + ["storm"] * 20 + ["ship"] * 10)
    both = select(tokens_of([page("a", text), page("b", text, quality=0.5)]))

    def view(selection):
        if not selection.chosen.all():
            raise SettingsError("There are too few pages.")
        return common_words(selection)

    assert stability(both, view, cer=0.1, rounds=2).better_pages is None
    assert stability(both, common_words, cer=0.1, rounds=2).better_pages == 1


def test_a_figure_that_is_never_negative_has_no_band_below_zero(whole):
    def view(selection):
        counts = common_words(selection)
        return {"often": 30.0 if selection is whole else 1.0, **counts}

    assert (stability(whole, view, cer=0.3, rounds=3).table["low"] >= 0).all()


def test_the_same_seed_gives_the_same_figures(whole):
    one, other = (stability(whole, common_words, cer=0.1, rounds=4) for _ in range(2))

    assert one.table.equals(other.table) and one.overlap == other.overlap


def test_words_are_misread_at_the_rate_and_never_left_as_they_are():
    random, changes = np.random.default_rng(1), changes_by_letters([])
    drawn = [misread_word("abcdefghij", 0.1, changes, random) for _ in range(4000)]

    assert all(each and each != "abcdefghij" for each in drawn) or (
        sum(each == "abcdefghij" for each in drawn) < 40  # a letter drawn for itself
    )
    # one change is sure, nine letters change at a rate of 0.1: 1.9 on average
    from rapidfuzz.distance import Levenshtein

    mean = np.mean([Levenshtein.distance(each, "abcdefghij") for each in drawn])
    assert mean == pytest.approx(1.9, abs=0.25)


def test_confusions_of_the_corpus_are_drawn_more_often():
    random = np.random.default_rng(1)
    changes = changes_by_letters([("tze", "the")] * 20)

    drawn = [misread_word("hhhh", 0.0, changes, random) for _ in range(500)]

    with_z = sum("z" in each for each in drawn)
    assert with_z > 250  # of the 70 % drawn from the table, nearly all


def test_the_error_rate_of_a_page_follows_from_its_confidences():
    pages = [page("a", "word|98 " * 40), page("b", "word|50 " * 40)]
    selection = select(tokens_of(pages))

    good, poor = letter_rates(selection)

    assert 0 < good < 0.02 < poor < 0.5
    assert letter_rates(selection, 0.07).tolist() == [0.07, 0.07]


def test_a_calibrated_confidence_is_the_chance_of_a_word_to_be_right(tmp_path):
    with Corpus(tmp_path / "c.sqlite", write=True) as opened:
        own, common = "word|90 " * 40, "word|90 " * 40
        fill(opened, page("a", own), page("b", common, reports=(CALIBRATION,)))
        rates = [letter_rates(select(opened.tokens())) for _ in ("made", "stored")]

    for by_engine, calibrated in rates:
        assert calibrated == pytest.approx(1 - 0.9 ** (1 / 4))
        assert by_engine > 1.4 * calibrated


def test_probable_misreadings_count_as_what_was_printed():
    text = "the town and the river\n" * 30
    pages = [page("a", text), page("b", "tbe|50 town and tbe|50 river")]
    tokens = tokens_of(pages)
    groups = form_groups(tokens)

    kept = corrected_selection(select(tokens), groups)
    dropped = corrected_selection(select(tokens, Filter(stop_words="drop")), groups)

    assert common_words(kept)["the"] == 62
    assert not {"tbe", "the"} & common_words(dropped).keys()


@pytest.fixture(scope="module")
def planted():
    return select(tokens_of([page(f"d{n:02}", t) for n, t in enumerate(written())]))


def test_topics_have_the_numbers_of_those_of_the_texts_as_read(planted):
    view = analysis("topics", planted)
    figures = view(planted)

    # 5 topics of up to 10 words with weight; the same of other texts with these words.
    assert 40 < len(figures) <= 50 and next(iter(figures)).startswith("1: ")
    assert view(replace(planted)) == pytest.approx(figures)


def test_more_errors_change_more_of_the_topics(planted):
    view = analysis("topics", planted)

    few, many = (stability(planted, view, cer=c, rounds=3) for c in (0, 0.3))

    assert few.overlap == 1 > many.overlap
    assert many.verdict == "poor"


def test_too_few_texts_for_topics_are_refused(whole):
    with pytest.raises(SettingsError, match="topics cannot be found"):
        analysis("topics", whole)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "c.sqlite"
    with Corpus(path, write=True) as corpus:
        for n in range(4):
            text = ("sails of the harbour\n" * (4 - n)) + ("motor of the port\n" * n)
            fill(corpus, page(f"d{n}", text, quality=0.9 - 0.1 * n))
        corpus.set_metadata({"year": {f"d{n}": f"189{n}" for n in range(4)}})
    return path


@pytest.mark.parametrize(
    ("flags", "terms"),
    [
        (["words"], {"of", "the", "sails"}),
        (["collocates", "--query", "harbour"], {"sails"}),
        (["keyness", "--against", "year=1890"], {"sails", "motor"}),
        (["trend", "--query", "sails", "--by", "year"], {"1890", "1893"}),
    ],
)
def test_the_command_gives_a_verdict_on_each_analysis(shell, path, flags, terms):
    call = shell("reliability", path, "--analysis", *flags, "--cer", "0.05")

    assert call.code == 0, call.err
    head, *rows = call.out.decode().splitlines()
    assert head == "term,figure,low,high,stays"
    assert terms <= {row.split(",")[0] for row in rows}
    assert "At a character error rate of 5.0 %" in call.err


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"name": "collocates"}, "needs a word"),
        ({"name": "trend", "query": "a"}, "needs a column"),
        ({"name": "keyness"}, "needs a condition"),
    ],
)
def test_an_analysis_says_what_it_lacks(given, message):
    with pytest.raises(SettingsError, match=message):
        analysis(selection=select(corpus(TEXT)), **given)


def test_what_cannot_be_simulated_is_refused(whole):
    with pytest.raises(SettingsError, match="cannot be simulated"):
        stability(whole, common_words, cer=0.9)
    with pytest.raises(SettingsError, match="view is empty"):
        stability(whole, lambda _: {}, cer=0.1)


def test_the_verdict_follows_the_worse_figure():
    def made(overlap, correlation):
        return Stability(None, 50, 0.05, 20, overlap, 0, 1, correlation, None).verdict

    assert made(0.95, 0.92) == "good" and made(0.95, None) == "good"
    assert made(0.95, 0.8) == made(0.8, 0.99) == "fair"
    assert made(0.7, 0.99) == "poor"
