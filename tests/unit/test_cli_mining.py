"""The commands of text mining: the library's numbers, as CSV."""

import csv
import io
import os

import pandas as pd
import pytest

from ocr_core.corpus import Corpus
from ocr_core.mining import Filter, select
from ocr_core.mining.association import collocates
from ocr_core.mining.concordance import kwic
from ocr_core.mining.frequency import dispersion, ngrams, tf_idf, word_list
from ocr_core.mining.keyness import keywords
from ocr_core.mining.trends import trends
from ocr_core.mining.word_lists import WordList
from tests.support.written_corpora import fill, page

PAGES = (
    page("mail_1893", "The fox and the har-\nbour|40 and the fox 1893"),
    page("mail_1893", "the fox, a Fox =fox", 2),
    page("tide_1895", "Die Häuser und das Haus", language="deu", quality=0.4),
    page("tide_1901", "The house and the fox", language="eng"),
)
COLUMNS = {"year": {"mail_1893": "1893", "tide_1895": "1895", "tide_1901": "1901"}}


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "harbour.sqlite"
    with Corpus(path, write=True) as corpus:
        fill(corpus, *PAGES)
        corpus.set_metadata(COLUMNS)
    return path


@pytest.fixture
def tokens(path):
    with Corpus(path) as corpus:
        return corpus.tokens()


def as_csv(table):
    rows = list(csv.reader(io.StringIO(table.decode(), newline="")))
    return rows


def written(table: pd.DataFrame):
    rows = table.itertuples(index=False, name=None)
    cells = ([str(cell) if cell == cell else "" for cell in row] for row in rows)
    return [list(table.columns), *cells]


def printed(reading):
    """Return the words of a page, numbered as they were saved."""
    return PAGES[reading - 1].rows


YEARS = {"metadata": "year=1890..1899"}


@pytest.mark.parametrize(
    ("words", "view"),
    [
        (["terms"], word_list),
        (["terms", "--limit", 3], lambda s: word_list(s, limit=3)),
        (["terms", "--ngrams", 2], lambda s: ngrams(s, 2)),
        (
            ["terms", "--ngrams", 3, "--min-count", 1, "--limit", 4],
            lambda s: ngrams(s, 3, min_count=1, limit=4),
        ),
        (["terms", "--tf-idf", "--limit", 2], lambda s: tf_idf(s, limit=2)),
        (["kwic", "fox"], lambda s: kwic(s, "fox", printed=printed)[0]),
        (
            ["kwic", "the fo*", "--sort", "R1,L1", "--window", 2, "--offset", 1],
            lambda s: kwic(
                s, "the fo*", sort="R1,L1", window=2, offset=1, printed=printed
            )[0],
        ),
        (
            ["collocates", "fox", "--left", 1, "--right", 0, "--min-count", 1],
            lambda s: collocates(s, "fox", left=1, right=0, min_count=1),
        ),
        (
            ["trends", "fox", "haus", "--by", "year", "--bin", 10, "--smooth", 3],
            lambda s: trends(s, ["fox", "haus"], "year", bin_width=10, window=3),
        ),
        (["dispersion", "fox", "and the"], lambda s: dispersion(s, ["fox", "and the"])),
    ],
)
def test_a_command_prints_what_the_library_counts(shell, path, tokens, words, view):
    name, *others = words

    call = shell(name, path, *others)

    assert (call.code, as_csv(call.out)) == (0, written(view(select(tokens))))
    assert "Counted: 3 documents, 4 pages, 23 tokens (default filter)." in call.err


@pytest.mark.parametrize(
    ("flags", "wanted"),
    [
        (
            ["--words", "form", "--numbers", "keep"],
            {"words": "form", "numbers": "keep"},
        ),
        (
            ["--min-conf", 50, "--languages", "eng"],
            {"min_conf": 50, "languages": "eng"},
        ),
        (["--metadata", "year=1890..1899"], YEARS),
        (
            ["--documents", "tide", "--min-quality", 0.5],
            {"documents": "tide", "min_quality": 0.5},
        ),
    ],
)
def test_the_filter_is_set_by_flags(shell, path, tokens, flags, wanted):
    call = shell("terms", path, *flags)

    selection = select(tokens, Filter(**wanted))
    assert as_csv(call.out) == written(word_list(selection))
    assert selection.filter.described() in call.err


def test_the_words_as_read_are_counted_on_request(shell, path):
    with Corpus(path, write=True) as corpus:
        corpus.correct("tide_1901", 1, 1, "horse")

    corrected, raw = shell("terms", path), shell("terms", path, "--text", "raw")

    assert b"horse" in corrected.out and b"house" not in corrected.out
    assert b"house" in raw.out and b"horse" not in raw.out


def test_parts_are_compared(shell, path, tokens):
    flags = ["--metadata", YEARS["metadata"]]
    early = select(tokens, Filter(**YEARS))

    against = shell("keyness", path, *flags, "--against", "year=1901")
    rest = shell("keyness", path, *flags, "--rest")

    late = select(tokens, Filter(metadata="year=1901"))
    assert as_csv(against.out) == written(keywords(early, late))
    assert as_csv(rest.out) == as_csv(against.out)
    assert "18 tokens (metadata=year=1890..1899)." in rest.err
    assert "in the reference: 1 document, 1 page, 5 tokens (the rest)" in rest.err


def test_what_is_on_both_sides_counts_on_the_other(shell, path):
    call = shell("keyness", path, "--against", "year=1901")

    assert "Counted: 2 documents, 3 pages, 18 tokens" in call.err
    assert "in the reference: 1 document, 1 page, 5 tokens" in call.err


def test_words_are_compared_with_a_list(shell, path, tokens, tmp_path):
    table = tmp_path / "english.csv"
    table.write_text("term,count\nThe,60\nthe,9\nsea,7\n")

    call = shell("keyness", path, "--reference", table)

    reference = WordList({"the": 69, "sea": 7})
    assert as_csv(call.out) == written(keywords(select(tokens), reference))


@pytest.mark.parametrize(
    "words",
    [
        ["keyness", "--rest"],
        ["keyness"],
        ["keyness", "--rest", "--against", "year=1901"],
        ["kwic", "/(/"],
        ["kwic", "..."],
        ["kwic", "fox", "--sort", "colour"],
        ["kwic"],
        ["terms", "--words", "odd"],
        ["terms", "--documents", "x" * 2001],
        ["terms", "--metadata", "colour=red"],
        ["terms", "--tf-idf", "--ngrams", 2],
        ["trends", "fox", "--by", "colour"],
        ["metadata", "--pattern", "year"],
        ["metadata", "--pattern", "{year}", "--csv", "about.csv"],
    ],
)
def test_what_cannot_be_asked_ends_with_2(shell, path, words):
    name, *others = words

    call = shell(name, path, *others)

    assert (call.code, call.out) == (2, b"")
    assert call.err


def test_a_missing_corpus_ends_with_3_and_is_not_made(shell, tmp_path):
    for words in (["terms"], ["metadata", "--pattern", "{year}"]):
        name, *others = words
        assert shell(name, tmp_path / "none.sqlite", *others).code == 3

    assert not list(tmp_path.iterdir())


def test_the_corpus_is_never_written_over(shell, path):
    before = path.read_bytes()

    assert shell("terms", path, "-o", path).code == 5

    assert path.read_bytes() == before


def test_a_table_is_written_to_a_file_and_may_be_safe_for_a_spreadsheet(
    shell, path, tmp_path
):
    with Corpus(path, write=True) as corpus:
        fill(corpus, page("=1+1", "the fox"))
    file = tmp_path / "hits.csv"

    assert shell("kwic", path, "fox", "-o", file, "--spreadsheet").out == b""

    assert file.read_bytes().startswith(b"\xef\xbb\xbfleft,keyword")
    assert b",'=1+1," in file.read_bytes()


def test_what_was_cut_is_kept_for_the_next_time(shell, path):
    shell("terms", path)

    with Corpus(path) as corpus:
        assert corpus.count_behind() == 0


def test_a_corpus_that_may_only_be_read_is_counted(shell, path, monkeypatch):
    monkeypatch.setattr("os.access", lambda _, mode: mode != os.W_OK)

    call = shell("terms", path, "--limit", 1)

    assert as_csv(call.out)[1][:2] == ["fox", "6"]
    with Corpus(path) as corpus:
        assert corpus.count_behind() == 4


def test_metadata_are_reported_and_listed(shell, path, tmp_path):
    table = tmp_path / "about.csv"
    table.write_text("doc_id,place\nmail_1893,Hull\nnobody,Ghent\n")

    named = shell("metadata", path, "--pattern", "{paper}_{year}")
    named_by_table = shell("metadata", path, "--csv", table)
    listed = shell("metadata", path)

    assert "paper, year. 3 of 3 documents" in named.err
    assert "1 of 3 documents" in named_by_table.err
    assert "The corpus has no document nobody." in named_by_table.err
    assert as_csv(listed.out) == [
        ["doc_id", "paper", "place", "year"],
        ["mail_1893", "mail", "Hull", "1893"],
        ["tide_1895", "tide", "", "1895"],
        ["tide_1901", "tide", "", "1901"],
    ]


def test_a_stop_list_is_given_for_once_or_kept_with_the_corpus(tmp_path, shell):
    path, mine = tmp_path / "c.sqlite", tmp_path / "mine.txt"
    with Corpus(path, write=True) as corpus:
        fill(corpus, page("letter", "The ship"), page("bref", "skip", language="isl"))
    mine.write_text("ship\n")

    def counted(*flags):
        call = shell("terms", path, *flags)
        return {row[0] for row in as_csv(call.out)[1:]}, call.err

    left, output = counted("--stop-words", "drop")
    assert (left, "no list of stop words for isl" in output) == ({"ship", "skip"}, True)
    assert counted("--stop-list", mine)[0] == {"the", "skip"}

    kept = shell("stop-list", path, "--language", "eng", "--set", mine)
    assert (kept.out, kept.code) == (b"ship\n", 0)
    assert counted("--stop-words", "drop")[0] == {"the", "skip"}

    shell("stop-list", path, "--language", "eng", "--reset")
    assert counted("--stop-words", "drop")[0] == {"ship", "skip"}


def test_hits_that_the_filter_hides_are_reported(shell, path):
    for words in (["kwic", "1893"], ["trends", "1893", "--by", "year"]):
        name, *others = words
        call = shell(name, path, *others)
        assert "1893: 1 hits are hidden, numbers are dropped." in call.err


def test_a_filter_that_leaves_nothing_measures_nothing_and_reports_it(shell, path):
    for words in (["terms"], ["readability"], ["kwic", "harbour"]):
        name, *others = words
        call = shell(name, path, *others, "--min-conf", "100")
        assert call.code == 0
        assert "The filter leaves no word: nothing is measured." in call.err
        assert len(call.out.decode().splitlines()) == 1


def test_a_table_is_accompanied_by_how_it_was_counted(shell, path, tmp_path):
    table = tmp_path / "words.csv"

    call = shell("terms", path, "--stop-words", "drop", "-o", table)

    account = (tmp_path / "words.how.txt").read_text()
    assert account.strip() in call.err
    for part in (
        "How this was counted",
        "(ngrams=1; min_count=1)",
        "stop_words=drop",
        "Stop words were dropped (list for ",
        "Snowball",
        "Not counted: running heads and page numbers; numbers",
        "DPnorm",
        "Gries 2008",
        "ocr-core",
    ):
        assert part in account


def test_the_least_count_holds_for_words_and_for_sequences(shell, path):
    def counts(*options):
        rows = csv.DictReader(shell("terms", path, *options).out.decode().splitlines())
        return [int(row["count"]) for row in rows]

    assert min(counts()) == 1
    assert min(counts("--min-count", "2")) >= 2
    assert min(counts("--ngrams", "2")) >= 2
    assert min(counts("--ngrams", "2", "--min-count", "1")) == 1


def test_the_command_line_warns_as_the_app_does(shell, tmp_path):
    path = tmp_path / "graded.sqlite"
    pages = [
        page(f"n{n}", "white sails", quality=(0.4 if n < 6 else 0.9) + n % 6 / 100)
        for n in range(12)
    ]
    with Corpus(path, write=True) as corpus:
        fill(corpus, *pages, page("x", "weiße Segel", language="deu"))
        corpus.set_metadata(
            {"age": {f"n{n}": "early" if n < 6 else "late" for n in range(12)}}
        )

    call = shell("keyness", path, "--metadata", "age=early", "--against", "age=late")
    mixed = shell("similar", path, "n1")
    alone = shell("similar", path, "n1", "--languages", "eng")

    assert "The part was read worse than the reference" in call.err
    assert "mixes languages (deu, eng)" in mixed.err
    assert "mixes languages" not in alone.err
