"""Diversity: measures that a hand can check, and slow ways to the same numbers."""

from collections import Counter
from itertools import chain

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocr_core.mining import Filter, select
from ocr_core.mining.diversity import (
    Spectrum,
    _hdd,
    diversity,
    mattr,
    mtld,
    previous,
    readability,
    syllables,
    vocabulary_growth,
)
from tests.support.written_corpora import columns_of, corpus, page, rows, tokens_of

TEXTS = st.lists(st.lists(st.sampled_from("abcde"), max_size=30), max_size=5)


# LexicalRichness tests these values on the words of its first text.
RICH = "test text with some text numbers hyphenhere and text punctuations".split()


def test_mtld_and_hdd_are_those_of_lexical_richness():
    spectrum = Spectrum.of(np.array(list(Counter(RICH).values())), None, 1)

    assert mtld(RICH) == pytest.approx(14)
    assert mtld("only unique terms in this little string".split()) == 7
    assert _hdd(spectrum, 1, draw=5)[0] == pytest.approx(0.8833333333333332)
    assert np.isnan(_hdd(spectrum, 1, draw=11)[0])


def test_mtld_is_counted_by_hand():
    # Forwards "a b a" ends a factor (2 / 3 < 0.72), then "a b a" another; backwards
    # the same: 6 / 2. "a b a b": one factor, then "b" whole adds none: 4.
    assert mtld(list("abaaba")) == 3
    assert mtld(list("abab")) == 4
    assert np.isnan(mtld([]))


def factors(terms):
    """Count factors as McCarthy & Jarvis do, token by token."""
    seen, found, size = set(), 0.0, 0
    for term in terms:
        seen.add(term)
        size += 1
        if len(seen) < 0.72 * size:
            found, size = found + 1, 0
            seen.clear()
    return found + (1 - len(seen) / size) / 0.28 if size else found


@given(st.lists(st.integers(0, 40), min_size=1, max_size=200), st.integers(1, 9))
def test_mtld_is_that_of_a_loop_over_the_tokens(terms, window):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("ocr_core.mining.diversity.FIRST_WINDOW", window)
        found = mtld(terms)

    ways = [factors(terms), factors(terms[::-1])]
    lengths = [len(terms) / way if way else len(terms) for way in ways]
    assert found == pytest.approx(sum(lengths) / 2)


def test_mtld_of_a_document_is_that_of_its_words():
    table = diversity(select(corpus("tide tide sea boat", "sea sea"))).set_index(
        "doc_id"
    )

    assert table["mtld"].tolist() == pytest.approx(
        [mtld("tide tide sea boat sea sea".split()), 4.24, 2]
    )


def test_measures_are_what_a_hand_counts():
    found = diversity(select(corpus("tide sea tide boat", "sea sea"))).set_index(
        "doc_id"
    )

    assert found["tokens"].tolist() == [6, 4, 2]
    assert found["types"].tolist() == [3, 3, 1]
    assert found["ttr"].tolist() == [0.5, 0.75, 0.5]
    assert found["mattr"].tolist() == [0.5, 0.75, 0.5]
    assert found["hapaxes"].tolist() == [1, 2, 0]
    assert found["word_length"].tolist() == pytest.approx([21 / 6, 15 / 4, 3])
    # Frequencies 2, 1, 1: the sum of squares is 6.
    assert found.loc["d0", "yule_k"] == pytest.approx(1e4 * (6 - 4) / 16)


@given(TEXTS)
def test_documents_are_measured_as_if_they_were_alone(texts):
    found = diversity(select(corpus(*(" ".join(each) for each in texts))))

    if not any(texts):
        assert found.empty
        return
    for text, row in zip([[*chain(*texts)], *texts], found.itertuples(), strict=True):
        counts = Counter(text)
        assert (row.tokens, row.types) == (len(text), len(counts))
        assert row.hapaxes == sum(n == 1 for n in counts.values())
        if text:
            squares = sum(n * n for n in counts.values())
            assert row.yule_k == pytest.approx(
                1e4 * (squares - row.tokens) / row.tokens**2
            )
            assert 0 < row.mattr <= 1 and 0 < row.ttr <= 1
        else:
            assert np.isnan([row.ttr, row.mattr, row.yule_k, row.word_length]).all()


@given(TEXTS, st.integers(1, 12))
def test_mattr_is_the_mean_over_all_windows(texts, window):
    before = []
    for text in texts:
        start = len(before)
        own = previous(np.array([ord(each) for each in text], np.int64))
        before += [index + start if index >= 0 else -1 for index in own.tolist()]

    found = mattr(np.array(before, int), np.array([len(t) for t in texts], int), window)

    for text, ratio in zip(texts, found, strict=True):
        if not text:
            assert np.isnan(ratio)
            continue
        size = min(window, len(text))
        windows = [text[n : n + size] for n in range(len(text) - size + 1)]
        assert ratio == pytest.approx(np.mean([len(set(w)) / size for w in windows]))


def test_mattr_does_not_fall_with_length_as_the_plain_ratio_does():
    rng = np.random.default_rng(0)
    long = " ".join(f"w{n}x" for n in rng.integers(0, 400, 20_000))
    short = " ".join(long.split()[:1000])

    found = diversity(select(corpus(long, short)))

    assert found["mattr"][1] == pytest.approx(found["mattr"][2], abs=0.02)
    assert found["ttr"][2] > 10 * found["ttr"][1]


def test_only_what_the_filter_leaves_is_measured():
    selection = select(corpus("a b c", "a"), Filter(documents="d1"))

    found = diversity(selection)

    assert found["doc_id"].tolist() == ["", "d1"]
    assert found["tokens"].tolist() == [1, 1]


@given(TEXTS, st.integers(2, 50))
def test_growth_counts_the_types_so_far(texts, points):
    selection = select(corpus(*(" ".join(each) for each in texts)))

    found = vocabulary_growth(selection, points).table

    every = [*chain(*texts)]
    assert len(found) <= points
    assert found["types"].tolist() == [len({*every[:n]}) for n in found["tokens"]]
    if every:
        assert found["tokens"].iloc[-1] == len(every)


def test_a_vocabulary_that_follows_heaps_gives_his_constants():
    size = np.arange(1, 20_001)
    new = np.diff(np.floor(2 * size**0.6), prepend=0) > 0
    words = np.where(new, np.cumsum(new), 0)

    found = vocabulary_growth(select(corpus(" ".join(f"w{n}x" for n in words))))

    assert found.beta == pytest.approx(0.6, abs=0.01)
    assert found.k == pytest.approx(2, rel=0.1)
    assert np.isnan(vocabulary_growth(select(corpus("tide"))).beta)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("eng", "the:1 tide:1 table:2 whale:1 walked:1 wanted:2 harbour:2 horses:2"),
        ("deu", "Haus:1 Zeitung:2 Quelle:2 Häuser:2 Theater:3 Ei:1"),
        ("fra", "porte:1 portes:1 chantent:1 moment:2 été:2 beauté:2 le:1"),
    ],
)
def test_syllables_are_vowels_that_are_heard(language, words):
    for word, count in (each.split(":") for each in words.split()):
        assert syllables(word, language) == int(count), word


EASY = "The tide is low. We see the boats. Is it late?"  # 11 words, 11 syllables


@pytest.mark.parametrize(
    ("text", "language", "sentences", "lix", "flesch"),
    [
        (EASY, "eng", 3, 11 / 3, 206.835 - 1.015 * 11 / 3 - 84.6),
        (EASY, "ind", 3, 11 / 3, None),
        (EASY, "eng+deu", 3, 11 / 3, None),
        ("Das Haus war groß. Es war alt.", "deu", 2, 3.5, 180 - 3.5 - 58.5),
        ("Le chat dort. Il a faim!", "fra", 2, 3, 207 - 1.015 * 3 - 73.6),
        ("Mr J. Smith paid 3.50 etc. and left", "ind", 1, 7, None),
        ("“Enough!” He went. lower", "ind", 2, 2, None),
        ("Harbour masters", "ind", 1, 2 + 100, None),
    ],
)
def test_readability_follows_its_formula(text, language, sentences, lix, flesch):
    [row] = readability(
        select(tokens_of([page("a", text, language=language)]))
    ).itertuples()

    assert (row.doc_id, row.sentences) == ("a", sentences)
    assert row.lix == pytest.approx(lix)
    assert row.flesch == pytest.approx(flesch) if flesch else np.isnan(row.flesch)
    assert bool(row.formula) == bool(flesch)


def test_readability_of_a_sentence_is_that_of_textstat():
    # textstat 0.7 tests this sentence: tests/backend/metrics, test_lix 25.0 and
    # test_flesch_reading_ease 83.32.
    text = "Cool dogs wear da sunglasses."

    [row] = readability(select(tokens_of([page("a", text)]))).itertuples()

    assert row.lix == 25.0
    assert row.flesch == pytest.approx(83.32, abs=5e-4)


def test_a_sentence_may_continue_over_the_page():
    pages = [page("a", "It was a"), page("a", "dark night.", 2), page("b", "--")]

    [row] = readability(select(tokens_of(pages))).itertuples()

    assert (row.sentences, row.words) == (1, 5)


def test_readability_measures_words_as_they_were_printed_without_heads():
    # By hand: 2 sentences; 13 words, of which "harbour", "government" and "Johnson" are
    # longer than six letters: LIX = 13 / 2 + 100 * 3 / 13.
    text = (
        "HARBOUR NEWS\nThe har-\nbour is shut, said Mr. Johnson of the gov-\nernment."
    )
    head, *body = rows(f"{text} The ice holds.")
    shown = [head._replace(par_num=0), body[0]._replace(par_num=0), *body[1:]]

    [row] = readability(
        select(tokens_of([page("a", "", rows=tuple(shown))]))
    ).itertuples()

    assert (row.sentences, row.words) == (2, 13)
    assert row.lix == pytest.approx(13 / 2 + 100 * 3 / 13)


def test_no_token_is_no_document_to_measure():
    tokens = tokens_of([page("a", "The tide is low.")])

    nothing = select(tokens, Filter(min_conf=99))
    assert readability(nothing).empty
    assert diversity(nothing).empty


@given(
    st.lists(st.lists(st.integers(0, 4), max_size=60), max_size=8), st.integers(0, 3)
)
def test_mtld_of_many_texts_is_that_of_each(texts, apart):
    tokens = columns_of([(f"d{n}", [f"w{t}" for t in x]) for n, x in enumerate(texts)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ocr_core.mining.diversity.TEXTS_APART", apart)
        table = diversity(select(tokens))

    wanted = [list(chain.from_iterable(texts)), *texts]
    if wanted[0]:
        assert table["mtld"].tolist() == pytest.approx(
            [mtld(each) for each in wanted], nan_ok=True, rel=0, abs=0
        )
