"""Tokens: what counts as a word, and that the index always says what pages say."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocr_core.corpus import Corpus, token_index
from ocr_core.corpus.metadata import parse_names
from ocr_core.corpus.metadata_table import read_columns
from ocr_core.corpus.token_index import tokenize_missing
from ocr_core.corpus.token_tables import form_numbers, store_tokens
from ocr_core.errors import CorpusError, InputError, SettingsError
from ocr_core.mining import Filter, Selection, select
from ocr_core.mining.diversity import VocabularyGrowth
from ocr_core.mining.page_tokens import PageTokens
from ocr_core.mining.reliability import Difference
from ocr_core.mining.tokens import Tokens
from ocr_core.mining.topics import Topics
from ocr_core.tokenizer import split
from tests.support.written_corpora import columns_of, fill, page


@pytest.fixture
def path(tmp_path):
    return tmp_path / "harbour.sqlite"


@pytest.fixture
def corpus(path):
    with Corpus(path, write=True) as corpus:
        yield corpus


def words(selection):
    return selection.spelled(selection.terms[selection.kept])


@pytest.mark.parametrize(
    ("text", "language", "wanted"),
    [
        ("The ship's crew, (don't)", "eng", "The ship's crew don't"),
        ("ship’s", "eng", "ship's"),
        ("anak-anak kupu-kupu", "ind", "anak-anak kupu-kupu"),
        ("Nord-Süd-Linie und Haupt- und", "deu", "Nord-Süd-Linie und Haupt und"),
        ("L’eau qu'il aujourd'hui", "fra", "L' eau qu' il aujourd'hui"),
        ("l'eau", "eng", "l'eau"),
        ("jusqu'à l'aube d'un", "fra+eng", "jusqu' à l' aube d' un"),
        ("1,234.50 at 12:30, 3rd", "eng", "1,234.50 at 12:30 3rd"),
        ("and/or word—word", "eng", "and or word word"),
        ("\u017ftill \ufb01ne co\xadop", "eng", "still fine coop"),
        ("e\u0301te\u0301", "fra", "été"),
        ("--- ... _ *", "eng", ""),
    ],
)
def test_a_token_is_what_the_rule_says(text, language, wanted):
    assert split(text, language) == wanted.split()


@given(st.text(max_size=60), st.sampled_from(["eng", "fra", "deu+ind"]))
def test_tokens_hold_no_space_and_are_their_own_tokens(text, language):
    for token in split(text, language):
        assert token and not any(each.isspace() for each in token)
        assert "".join(split(token, language)) == token


def test_tokens_stand_in_reading_order_with_their_words(corpus):
    fill(corpus, page("a", "The fox, quick|40"), page("b", "and/or fox"))

    tokens = corpus.tokens()

    assert tokens.spelled() == ["The", "fox", "quick", "and", "or", "fox"]
    assert tokens.words().first.tolist() == [0, 1, 2, 0, 0, 1]
    assert tokens.confs().tolist() == [90, 90, 40, 90, 90, 90]
    assert [tokens.page(n).doc_id for n in range(6)] == list("aaabbb")


def test_a_word_broken_at_a_line_end_is_one_token(corpus):
    fill(corpus, page("a", "the har-\nbour is|30 good-\nlooking here"))

    tokens = corpus.tokens()

    assert tokens.spelled()[:2] == ["the", "harbour"]
    assert tokens.words(1).hyphenated
    assert tokens.words(1).first == 1
    assert tokens.spelled()[2:] == ["is", "good-looking", "here"]


def test_running_heads_are_marked_and_dropped_on_request(corpus):
    page_infos = [
        page("a", f"HARBOUR NEWS\n\n{'text ' * n}", n, size=(1000, 3000))
        for n in range(1, 5)
    ]
    fill(corpus, *page_infos)

    tokens = corpus.tokens()

    assert tokens.words().outer.sum() == 8
    assert "news" not in words(select(tokens))
    assert words(select(tokens, Filter(heads="keep"))).count("news") == 4


def test_only_what_is_new_or_corrected_is_cut_again(corpus):
    fill(corpus, page("a", "tbe fox"), page("b", "a dog"))
    assert corpus.count_behind() == 2
    corpus.tokens()
    assert corpus.count_behind() == 0

    corpus.correct("a", 1, 0, "the")
    assert corpus.count_behind() == 1
    assert corpus.tokens().spelled() == ["the", "fox", "a", "dog"]
    assert corpus.tokens(raw=True).spelled() == ["tbe", "fox", "a", "dog"]

    corpus.undo()
    assert corpus.tokens().spelled() == ["tbe", "fox", "a", "dog"]

    corpus.correct("a", 1, 0, "thy")
    corpus.tokens()
    corpus.undo()
    corpus.correct("a", 1, 0, "she")  # SQLite gives the number of what was undone
    assert corpus.tokens().spelled() == ["she", "fox", "a", "dog"]


def test_a_word_corrected_while_its_page_is_cut_is_counted(path, corpus):
    fill(corpus, page("a", "tbe fox"))
    corpus.tokens()
    corpus.correct("a", 1, 1, "wolf")
    ids = form_numbers(corpus)
    for document in tokenize_missing(corpus, False, None):
        with Corpus(path, write=True) as other:
            other.correct("a", 1, 0, "the")
        store_tokens(corpus, document, ids, False)

    assert corpus.tokens().spelled() == ["the", "wolf"]


def correct_otherwise(corpus):
    corpus.undo()
    corpus.correct("a", 1, 0, "she")


@pytest.mark.parametrize(
    "change",
    [
        correct_otherwise,
        lambda corpus: corpus.set_metadata({"year": {"a": "1891"}}),
        lambda corpus: corpus.set_metadata({"yeas": {"a": "1890"}, "year": {"a": ""}}),
        lambda corpus: corpus.accept(corpus.readings("a", 1)[1].id),
        lambda corpus: fill(corpus, page("b", "new")),
    ],
)
@pytest.mark.parametrize("own", [True, False])
def test_the_stamp_changes_with_what_is_counted(path, corpus, change, own):
    fill(corpus, page("a", "tbe fox"))
    corpus.save_result(
        page("a", "the box", engine="other 1.0"), ("other", ""), current=False
    )
    corpus.correct("a", 1, 0, "thy")
    corpus.set_metadata({"year": {"a": "1890"}})
    before = corpus.content_stamp()
    assert corpus.content_stamp() == before

    with Corpus(path, write=True) as other:
        change(corpus if own else other)

    assert corpus.content_stamp() != before


def test_documents_stand_in_natural_order_whenever_they_came(corpus):
    fill(corpus, *(page(name, f"in {name}") for name in ("vol10", "Vol1", "vol2")))
    fill(corpus, page("vol2", "more", 2))

    tokens = corpus.tokens()

    assert tokens.documents == ["Vol1", "vol2", "vol10"]
    assert tokens.document_of_page.tolist() == [0, 1, 1, 2]
    assert tokens.spelled() == ["in", "Vol1", "in", "vol2", "more", "in", "vol10"]
    assert select(tokens).documents == ["Vol1", "vol2", "vol10"]


def test_two_pages_that_swap_their_readings_change_the_stamp(corpus):
    fill(corpus, page("a", "one"), page("a", "two", 2))
    before = corpus.content_stamp()

    for reading in "NULL", "3 - id":
        corpus.execute(f"UPDATE pages SET reading = {reading}")

    assert corpus.content_stamp() != before


def test_words_keep_their_places_when_one_is_struck_out(corpus):
    fill(corpus, page("a", "one two three"))
    corpus.correct("a", 1, 1, "")

    tokens = corpus.tokens()

    assert tokens.spelled() == ["one", "three"]
    assert tokens.words().first.tolist() == [0, 2]


def test_two_programs_may_bring_one_index_up_to_date(path, corpus):
    fill(corpus, page("a", "one two"))
    corpus.tokens()
    ids = form_numbers(corpus)
    with Corpus(path, write=True) as other:
        fill(other, page("b", "two three"))
        other.tokens()
        fill(other, page("c", "four one"))

    for document in tokenize_missing(corpus, False, None):
        store_tokens(corpus, document, ids, False)  # with what it knew before

    assert corpus.tokens().spelled() == "one two two three four one".split()


@pytest.mark.parametrize("write", [True, False])
def test_what_another_program_adds_meanwhile_is_left_for_the_next_time(
    path, corpus, monkeypatch, write
):
    fill(corpus, page("a", "one two"))
    corpus.tokens()
    page_infos = token_index.page_infos

    def interrupted(reader):
        monkeypatch.undo()
        fill(corpus, page("b", "three four"))
        corpus.tokens()
        return page_infos(reader)

    with Corpus(path, write=write) as reader:
        monkeypatch.setattr(token_index, "page_infos", interrupted)
        assert reader.tokens().spelled() == ["one", "two"]
        assert reader.tokens().spelled() == ["one", "two", "three", "four"]


def test_a_file_that_is_only_read_is_counted_all_the_same(path, corpus):
    fill(corpus, page("a", "one two"))
    corpus.tokens()
    fill(corpus, page("b", "two three"))

    with Corpus(path) as reader:
        assert reader.tokens().spelled() == ["one", "two", "two", "three"]
        assert reader.count_behind() == 2  # their words are compared


def test_an_index_that_does_not_hold_together_is_reported(corpus):
    fill(corpus, page("a", "one two"))
    corpus.tokens()
    corpus.execute("UPDATE token_pages SET forms = x'0000'")

    with pytest.raises((CorpusError, ValueError)):
        corpus.tokens()


def test_a_blank_corpus_has_no_tokens(corpus):
    assert len(corpus.tokens()) == 0
    assert select(corpus.tokens()).sizes == {"documents": 0, "pages": 0, "tokens": 0}


PAGES = (
    page("mail_1893", "The fox and the Houses|40 1893"),
    page("tide_1895", "Die Häuser und das Haus", language="deu", quality=0.4),
    page("tide_1901", "The house", language="eng"),
)


@pytest.mark.parametrize(
    ("wanted", "left"),
    [
        ({}, "the fox and the houses die häuser und das haus the house"),
        ({"numbers": "keep", "documents": "mail"}, "the fox and the houses 1893"),
        ({"words": "form", "documents": "*1893"}, "The fox and the Houses"),
        ({"min_conf": 50, "documents": "mail"}, "the fox and the"),
        ({"min_quality": 0.5, "documents": "tide"}, "the house"),
        ({"languages": "deu"}, "die häuser und das haus"),
        ({"words": "lemma", "languages": "deu", "min_length": 4}, "haus haus"),
        ({"stop_words": "drop"}, "fox houses häuser haus house"),
        ({"metadata": "year=1894..1900"}, "die häuser und das haus"),
        ({"metadata": "paper=TIDE; year=1901"}, "the house"),
    ],
)
def test_a_filter_leaves_what_it_names(corpus, wanted, left):
    fill(corpus, *PAGES)
    names = [page.ref.doc_id for page in PAGES]
    corpus.set_metadata(parse_names(names, "{paper}_{year}"))

    assert words(select(corpus.tokens(), Filter(**wanted))) == left.split()


@pytest.mark.parametrize(
    ("wanted", "left"),
    [
        ("letter [1]", ["letter [1]"]),
        ("who?", ["who?"]),
        ("letter [*", ["letter [1]"]),
        ("R 1, o?", ["letter 1", "who?"]),
    ],
)
def test_only_a_star_stands_for_anything_in_a_name(wanted, left):
    names = ["letter [1]", "letter 1", "who?", "whom"]
    tokens = columns_of([(name, ["word"]) for name in names])

    assert select(tokens, Filter(documents=wanted)).documents == left


def test_a_filter_says_what_it_is_and_leaves(corpus):
    fill(corpus, *PAGES)

    selection = select(corpus.tokens(), Filter(languages="eng", min_conf=50))

    assert selection.filter.described() == "languages=eng; min_conf=50.0"
    assert selection.sizes == {"documents": 2, "pages": 2, "tokens": 6}
    assert selection.counts.sum() == 6


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("year", "cannot be filtered by year"),
        ("=3", "cannot be filtered by =3"),
        ("colour=red", "has no column colour"),
        ("date=1890-01..1890-03", "has no column date"),
    ],
)
def test_metadata_that_is_not_there_cannot_be_filtered_by(corpus, text, said):
    fill(corpus, *PAGES)

    with pytest.raises(SettingsError, match=said):
        select(corpus.tokens(), Filter(metadata=text))


def test_metadata_come_from_a_table(corpus, tmp_path):
    fill(corpus, *PAGES)
    table = tmp_path / "about.csv"
    table.write_text("\ufeffdoc_id,place\nmail_1893,Hull\nnobody,Ghent\ntide_1895,\n")

    assert corpus.set_metadata(read_columns(table)) == 1

    assert corpus.metadata() == {"place": {"mail_1893": "Hull"}}


def test_a_column_that_is_called_as_the_documents_are_is_passed_over(corpus):
    fill(corpus, *PAGES)

    corpus.set_metadata({"doc_id": {"mail_1893": "b"}, "year": {"mail_1893": "1893"}})

    assert corpus.metadata() == {"year": {"mail_1893": "1893"}}


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (" doc_id ,year\na,1890\n", {"year": {"a": "1890"}}),
        ("doc_id,year, doc_id\na,1890,b\n", {"year": {"a": "1890"}}),
        ("year,doc_id\n\n1890,a,more\n1891\n", {"year": {"a": "1890", "": "1891"}}),
        (
            "doc_id,note\na,one\u2028two\nb,one\x85two\nc,one\ftwo\n",
            {"note": {"a": "one\u2028two", "b": "one\x85two", "c": "one\ftwo"}},
        ),
        ('doc_id,note\r\na,"one\r\ntwo"\r\n', {"note": {"a": "one\ntwo"}}),
        ("doc_id;place\na;Hull, Yorkshire\n", {"place": {"a": "Hull, Yorkshire"}}),
        ("doc_id\tplace\na\tHull\n", {"place": {"a": "Hull"}}),
        ("Filename,name\na.png,Ann\n", {"name": {"a.png": "Ann"}}),
    ],
)
def test_a_table_is_read_as_it_is_parted(tmp_path, content, wanted):
    path = tmp_path / "about.csv"
    path.write_bytes(content.encode())

    assert read_columns(path) == wanted


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_table_is_read_in_the_encodings_of_spreadsheets(tmp_path, encoding):
    path = tmp_path / "about.csv"
    path.write_text("doc_id,place\na,Köln\n", encoding)

    assert read_columns(path) == {"place": {"a": "Köln"}}


def test_documents_are_found_by_the_names_of_their_files(corpus):
    fill(corpus, *PAGES)
    given = {"year": {"scans/mail_1893.TIFF": "1893", " tide_1895 ": "1895"}}

    assert corpus.set_metadata(given) == 0

    assert corpus.metadata() == {"year": {"mail_1893": "1893", "tide_1895": "1895"}}


ROWS = [b"\n%d" % number + b"," * 199 for number in range(5001)]  # of 200 cells each


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"name,year\na,1", "no column doc_id"),
        (b"doc_id,year\na,1\na,2", "twice"),
        (b"\xff\xfe\x00", "not a CSV table"),
        (b"", "no column doc_id"),
        (b"doc_id" + b",x" * 200 + b"\na\n", "more than 200 columns"),
        (b"doc_id" + b",x" * 199 + b"\na" * 2 + b"," * 199, "names the document a"),
        (b"doc_id" + b",x" * 199 + b"".join(ROWS), "a million"),
        (b"doc_id\n" + b" " * 20_000_000, "larger than 20 MB"),
    ],
    ids=range(8),
)
def test_a_table_that_is_none_is_refused(tmp_path, content, message):
    path = tmp_path / "about.csv"
    path.write_bytes(content)

    with pytest.raises(InputError, match=message):
        read_columns(path)


@pytest.mark.parametrize(
    "kind", [Tokens, PageTokens, Selection, Topics, VocabularyGrowth, Difference]
)
def test_what_holds_arrays_is_the_same_as_itself_alone(kind):
    fields = [each for each in dataclasses.fields(kind) if each.init]

    one, other = (kind(*(np.zeros(2) for _ in fields)) for _ in range(2))

    assert one != other
    assert len({one, other, one}) == 2


def test_a_part_of_a_selection_keeps_its_words(corpus):
    fill(corpus, *PAGES)
    selection = select(corpus.tokens())

    part = selection.part(np.array([True, False, False]))

    assert words(part) == "the fox and the houses".split()
    assert part.sizes["pages"] == 1


def test_an_untrusted_corpus_may_contain_its_index(path, corpus):
    fill(corpus, page("a", "one two"))
    with Corpus(path, foreign=True) as reader:
        assert len(reader.tokens()) == 2
    corpus.tokens()

    with Corpus(path, foreign=True) as reader:
        assert len(reader.tokens()) == 2
