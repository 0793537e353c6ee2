"""Views of small corpora drawn at random, under a filter, as plain loops count them."""

from collections import Counter
from itertools import groupby

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ocr_core.mining import (
    Filter,
    Selection,
    Tokens,
    distances,
    frequency,
    select,
    sequences,
)
from ocr_core.mining import selection as selecting
from ocr_core.mining import tokens as token_store
from ocr_core.mining.association import collocates
from ocr_core.mining.concordance import kwic
from ocr_core.mining.frequency import dispersion, ngrams, tf_idf, word_list
from ocr_core.mining.keyness import keywords
from ocr_core.mining.lemmas import lemma, lexicons_of
from ocr_core.mining.token_columns import read_columns, stored_tokens_of, write_columns
from ocr_core.mining.token_splicing import spliced
from ocr_core.mining.token_words import OUTER, STOP
from ocr_core.mining.tokens import PageInfo
from ocr_core.mining.trends import trends

FORMS = ["The", "the", "ship", "Ships", "ships", "12", "%", "maß", "mass", "tle", "of"]
STOPS = {"the", "of"}
MISREAD = {"tle": "the"}
YEARS = ("1890", "1891")
TOKENS = st.tuples(st.sampled_from(FORMS), st.integers(40, 60), st.booleans())
PAGES = st.lists(
    st.tuples(
        st.integers(0, 3),  # the document
        st.sampled_from(["eng", "und"]),
        st.lists(TOKENS, max_size=12),
    ),
    min_size=1,
    max_size=6,
).map(lambda pages: sorted(pages, key=lambda page: page[0]))
FILTERS = st.builds(
    Filter,
    languages=st.sampled_from(["", "", "eng"]),
    metadata=st.sampled_from(["", "", "year=1890"]),
    min_conf=st.sampled_from([0, 0, 50]),
    min_quality=st.sampled_from([0, 0, 0.5]),
    heads=st.sampled_from(["drop", "drop", "keep"]),
    words=st.sampled_from(["lower", "form", "lemma"]),
    stop_words=st.sampled_from(["keep", "drop"]),
    misreadings=st.sampled_from(["keep", "merge"]),
    numbers=st.sampled_from(["keep", "drop"]),
    symbols=st.sampled_from(["keep", "drop"]),
    sharp_s=st.sampled_from(["keep", "fold"]),
    min_length=st.sampled_from([1, 4]),
)


def quality(page: int) -> float:
    return page % 3 / 2


def drawn(pages, path, source: str) -> Tokens:
    """Return tokens of pages: in memory, from a file, or from one with other words."""
    infos, columns = [], []
    for n, (document, language, words) in enumerate(pages):
        packed = np.arange(len(words), dtype=np.uint32)
        packed[:1] |= np.uint32(OUTER)  # a running head
        packed[[*map(lambda word: word[2], words)]] |= np.uint32(STOP)
        forms = np.array([FORMS.index(word) for word, _, _ in words], np.uint32)
        confs = np.array([conf for _, conf, _ in words], np.uint8)
        columns.append((forms, packed, confs))
        infos.append(PageInfo(f"d{document}", n, language, quality(n), n + 1))
    known = {
        "metadata": {"year": {f"d{n}": YEARS[n % 2] for n in range(4)}},
        "stop_lists": {code: frozenset(STOPS) for code in ("eng", "und")},
        "misread": MISREAD,
    }
    tokens = Tokens.of_pages(infos, columns, FORMS, **known)
    if source == "memory":
        return tokens
    keys = np.arange(1, len(pages) + 1, dtype=np.uint64)
    if source == "file":
        write_columns(path, keys, tokens)
        return stored_tokens_of(read_columns(path), page_infos=infos, **known)
    # The words of the second page and the last one are others in the file.
    others = [*columns]
    others[-1] = tuple(column[:-1] for column in columns[-1])
    others[1:2] = [(f[::-1].copy(), w, c[::-1].copy()) for f, w, c in columns[1:2]]
    write_columns(path, keys, Tokens.of_pages(infos, others, FORMS, **known))
    stored, last = read_columns(path), len(pages) - 1
    fresh = {n: columns[n] for n in {min(1, last), last}}
    there = np.array([-1 if n in fresh else n for n in range(len(pages))])
    joined = spliced(stored, there, fresh, stored.vocabulary, page_infos=infos, **known)
    return tokens if joined is None else joined


def counted(form: str, conf: int, language: str, wanted: Filter) -> str | None:
    """Return the word as which a form counts; None if it is left out."""
    symbol = form == "%"
    number = not symbol and not any(map(str.isalpha, form))
    if conf < wanted.min_conf or len(form) < wanted.min_length:
        return None
    if (symbol and wanted.symbols == "drop") or (number and wanted.numbers == "drop"):
        return None
    if wanted.misreadings == "merge" and form in MISREAD:
        form = MISREAD[form]
    if wanted.stop_words == "drop" and form.lower() in STOPS:
        return None
    if wanted.words == "lower":
        form = form.lower()
    elif wanted.words == "lemma":
        lexicons = lexicons_of([language])
        form = lemma(form, lexicons) if lexicons else form.lower()
    return form.replace("ß", "ss") if wanted.sharp_s == "fold" else form


def plain_texts(pages, wanted: Filter) -> dict[str, list[tuple[str | None, int]]]:
    """Return the tokens of documents: the word counted, and which text it is of."""
    texts, text = {}, 0
    for document, group in groupby(enumerate(pages), key=lambda each: each[1][0]):
        text += 1
        words, chosen, head = [], False, False
        for n, (_, language, page) in group:
            counts = wanted.languages in ("", language)
            counts &= quality(n) >= wanted.min_quality
            counts &= not wanted.metadata or YEARS[document % 2] == "1890"
            chosen |= counts
            for k, (form, conf, stop) in enumerate(page):
                if k == 0 and wanted.heads == "drop":
                    continue
                text += stop or (k == 0) != head
                head = k == 0
                word = counted(form, conf, language, wanted) if counts else None
                words.append((word, text))
        if chosen:
            texts[f"d{document}"] = words
    return texts


def kept(texts) -> dict[str, list[str]]:
    return {name: [w for w, _ in words if w] for name, words in texts.items()}


def plain_ngrams(texts, n: int) -> dict[str, tuple[int, int]]:
    """Count sequences of n words, and the documents that have each."""
    counts, having = Counter(), {}
    for name, words in texts.items():
        for gram in zip(*(words[k:] for k in range(n)), strict=False):
            if all(word for word, _ in gram) and len({text for _, text in gram}) == 1:
                spelled = " ".join(word for word, _ in gram)
                counts[spelled] += 1
                having.setdefault(spelled, set()).add(name)
    return {gram: (counts[gram], len(having[gram])) for gram in counts}


def plain_collocates(texts, node: str, width: int) -> dict[str, tuple[int, int, int]]:
    """Count words near a word: within the width, before, after; each token once."""
    found = {}
    for words in texts.values():
        hits = [n for n, (word, _) in enumerate(words) if word == node]
        for n, (word, text) in enumerate(words):
            near = [hit for hit in hits if abs(hit - n) <= width]
            near = [hit for hit in near if words[hit][1] == text]
            sides = any(n < hit for hit in near), any(n > hit for hit in near)
            if word and any(sides):
                before = found.get(word, (0, 0, 0))
                more = (1, *map(int, sides))
                found[word] = tuple(map(sum, zip(before, more, strict=True)))
    return found


def rows(table, *columns) -> dict:
    """Return columns of a table by the first of them."""
    return {
        first: tuple(rest) for first, *rest in table[list(columns)].itertuples(False)
    }


def plain_arf(words: list[str], word: str) -> float:
    """Return the average reduced frequency of a word in a text taken as a circle."""
    at = [n for n, each in enumerate(words) if each == word]
    even = len(words) / len(at)
    after = [*at[1:], at[0] + len(words)]
    return sum(min(b - a, even) for a, b in zip(at, after, strict=True)) / even


def same_frequencies(selection: Selection, texts, limit: int) -> None:
    words = kept(texts)
    singles = plain_ngrams(texts, 1)
    table = word_list(selection)
    assert rows(table, "term", "count", "documents") == singles
    first = sorted(singles, key=lambda word: (-singles[word][0], word))
    assert word_list(selection, limit=limit)["term"].tolist() == first[:limit]
    text = [word for own in words.values() for word in own]
    for limited in (table, word_list(selection, limit=limit)):
        wanted = [plain_arf(text, word) for word in limited["term"]]
        assert limited["arf"].tolist() == pytest.approx(wanted)
    for n in (2, 3, 4):
        wanted = plain_ngrams(texts, n)
        table = ngrams(selection, n, min_count=1)
        assert rows(table, "term", "count", "documents") == wanted
        first = sorted(wanted, key=lambda gram: (-wanted[gram][0], gram))
        table = ngrams(selection, n, min_count=1, limit=limit)
        assert table["term"].tolist() == first[:limit]
    table = tf_idf(selection, limit=0)
    found = Counter(
        {(r.doc_id, r.term): r.count for r in table.itertuples(index=False)}
    )
    assert found == Counter((name, w) for name, own in words.items() for w in own)
    for name, own in table.groupby("doc_id"):
        idf = [
            np.log((1 + len(texts)) / (1 + singles[word][1])) + 1
            for word in own["term"]
        ]
        weights = own["count"] * idf
        wanted = weights / np.sqrt((weights**2).sum())
        assert own["tf_idf"].tolist() == pytest.approx(wanted.tolist()), name


def same_places(selection: Selection, texts) -> None:
    words = kept(texts)
    often = Counter(word for own in words.values() for word in own if word != "%")
    node = max(often, key=often.__getitem__, default="none")
    positions = [
        (name, n) for name, own in words.items() for n, w in enumerate(own) if w == node
    ]
    table = dispersion(selection, [node])
    before = dict(zip(words, np.cumsum([0, *map(len, words.values())]), strict=False))
    assert table["token_index"].tolist() == [before[name] + n for name, n in positions]
    lines, total = kwic(selection, node, limit=100)
    assert total == len(positions)
    assert lines["doc_id"].tolist() == [name for name, _ in positions]
    years = Counter(YEARS[int(name[1:]) % 2] for name, _ in positions)
    table = trends(selection, [node], "year")
    assert dict(zip(table["value"], table["count"], strict=True)) == {
        year: years[year] for year in table["value"]
    }
    table = collocates(selection, node, left=2, right=2, min_count=1)
    near = plain_collocates(texts, node, 2)
    assert rows(table, "term", "count", "left", "right") == near


def same_keywords(selection: Selection, texts) -> None:
    first = selection.documents[:1]
    of_page = [page.doc_id in first for page in selection.tokens.page_infos]
    parts = selection.part(np.array(of_page)), selection.part(~np.array(of_page))
    words = kept(texts)
    ours, theirs = (
        Counter(
            w for name, own in words.items() if (name in first) == inside for w in own
        )
        for inside in (True, False)
    )
    if not ours or not theirs:
        return
    table = keywords(*parts)
    wanted = {word: (ours[word], theirs[word]) for word in ours | theirs}
    assert rows(table, "term", "count", "reference_count") == wanted


NO_LEXICON = [(0, "und", [("tle", 40, False)])]
CHANGED = [
    (0, "eng", [(word, 50, False) for word in ("The", *page)])
    for page in (["the", "ship"], ["The", "ship", "the", "of"], ["Ships", "the"])
]
LEMMAS = Filter(words="lemma", misreadings="merge", heads="keep")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(CHANGED, Filter(), "joined", 3, 1)
@example(NO_LEXICON, LEMMAS, "memory", 3, 1)
@given(
    PAGES,
    FILTERS,
    st.sampled_from(["memory", "file", "joined"]),
    st.sampled_from([3, 1000]),
    st.integers(1, 4),
)
def test_views_agree_with_plain_loops_whatever_the_filter(
    tmp_path, pages, wanted, source, at_once, limit
):
    with pytest.MonkeyPatch.context() as patch:
        for module in (distances, frequency, selecting, sequences, token_store):
            patch.setattr(module, "TOKENS_AT_ONCE", at_once)
        patch.setattr(selecting, "FEW", 1 if at_once == 3 else 10)
        tokens = drawn(pages, tmp_path / "tokens.arrow", source)

        selection, texts = select(tokens, wanted), plain_texts(pages, wanted)

        assert selection.documents == list(texts)
        same_frequencies(selection, texts, limit)
        if selection.documents:
            same_places(selection, texts)
            same_keywords(selection, texts)
