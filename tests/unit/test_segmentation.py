"""Segmentation: words of scripts without spaces, on whatever rows they stand."""

import pytest

from ocr_core import segmentation
from ocr_core.corpus import Corpus
from ocr_core.corpus.hit_boxes import hit_box
from ocr_core.mining import frequency, select
from ocr_core.mining.account import account, notices
from ocr_core.mining.concordance import kwic
from ocr_core.mining.layout import ends_sentence
from ocr_core.page import Word
from ocr_core.segmentation import segmenter
from ocr_core.tokenizer import find_pieces, pieces, split
from tests.support.export_samples import written
from tests.support.written_corpora import fill, page

pytestmark = pytest.mark.skipif(
    not segmentation.segmenter(), reason="icu4py is not installed"
)
REPUBLIC = (
    "中华 人民 共和国 成立 了".split()
)  # "the People's Republic of China is founded"


def rows_of(*lines):
    """Return words of lines given as rows; 40 pixels a character, 50 a line."""
    found = []
    for number, line in enumerate(lines, 1):
        left = 0
        for n, text in enumerate(line.split("|"), 1):
            width = 40 * len(text)
            box = left, 50 * number, width, 40
            spaced = n == 1 and number == 1
            found.append(Word(1, 1, number, n, *box, 90.0 - n, text, spaced))
            left += width
    return tuple(found)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("中华人民共和国成立了", " ".join(REPUBLIC)),
        ("日本語を勉強する", "日本語 を 勉強 する"),
        ("ภาษาไทยง่าย", "ภาษา ไทย ง่าย"),
        ("ພາສາລາວ", "ພາສາ ລາວ"),
        ("ស្រឡាញ់ជាតិ", "ស្រឡាញ់ ជាតិ"),
        ("2024年的A级", "2024 年 的 A 级"),
        ("1,234円", "1,234 円"),
        ("𠀀中华人民", "𠀀 中华 人民"),  # the first takes two units of UTF-16
    ],
)
def test_words_are_found_where_no_space_is(text, wanted):
    found = find_pieces(text)

    assert [piece.form for piece in found] == wanted.split()
    assert all(text[piece.start : piece.end] == piece.form for piece in found)


# The same sentence as an engine may divide it: words, characters, a line, two lines.
DIVIDED = [
    (("中华|人民|共和国|成立|了",), [(0, 0), (1, 1), (2, 2), (3, 3), (4, 4)]),
    (("中|华|人|民|共|和|国|成|立|了",), [(0, 1), (2, 3), (4, 6), (7, 8), (9, 9)]),
    (("中华人民共和国成立了",), [(0, 0)] * 5),
    (("中华人", "民共和国成立了"), [(0, 0), (0, 1), (1, 1), (1, 1), (1, 1)]),
]


@pytest.mark.parametrize(("lines", "rows"), DIVIDED)
def test_words_do_not_depend_on_the_rows_and_find_them(tmp_path, lines, rows):
    with Corpus(tmp_path / "c.sqlite", write=True) as corpus:
        fill(corpus, page("a", "", rows=rows_of(*lines), language="chi_sim"))
        selection = select(corpus.tokens())
        for word, (first, last) in zip(REPUBLIC, rows, strict=True):
            [line], total = kwic(selection, word)[0].to_dict("records"), 1

            assert (line["keyword"], total) == (word, 1)
            assert (line["word_index"], line["last_word_index"]) == (first, last)
            boxes = hit_box(corpus, "a", 1, first, last=last).words
            assert len(boxes) == last - first + 1
            [hit] = corpus.search(word)
            marked = "".join(REPUBLIC).replace(word, f"[{word}]")
            assert marked.endswith(hit.snippet.removeprefix("…"))
            assert f"[{word}]" in hit.snippet


@pytest.mark.parametrize("lines", [each for each, _ in DIVIDED])
def test_a_concordance_shows_the_sentence_with_its_marks(tmp_path, lines):
    *before, last = lines
    rows = rows_of(*before, f"「{last}」。")
    with Corpus(tmp_path / "c.sqlite", write=True) as corpus:
        fill(corpus, page("a", "", rows=rows, language="chi_sim"))
        [line] = kwic(select(corpus.tokens()), "共和国", printed=corpus.printed_words)[
            0
        ].to_dict("records")

    text = line["left"] + line["keyword"] + line["right"]
    assert text == "".join(word.text for word in rows)[: len(text)]
    assert line["keyword"] == "共和国"
    assert line["right"].startswith("成立了")


def test_the_confidence_of_a_word_is_the_lowest_of_its_rows(tmp_path):
    with Corpus(tmp_path / "c.sqlite", write=True) as corpus:
        fill(corpus, page("a", "", rows=rows_of("中|华|人|民"), language="chi_sim"))
        tokens = corpus.tokens()

    assert tokens.confs().tolist() == [88, 86]  # 90 less the number of the row


def test_a_space_and_the_end_of_a_sentence_end_a_run(tmp_path):
    rows = rows_of("中", "华。人", "民")
    spaced = *rows[:2], rows[2]._replace(space_before=True)
    with Corpus(tmp_path / "c.sqlite", write=True) as corpus:
        fill(corpus, page("a", "", rows=rows, language="chi_sim"))
        fill(corpus, page("b", "", rows=spaced, language="chi_sim"))
        tokens = corpus.tokens()

    assert tokens.spelled() == ["中华", "人民", "中华", "人", "民"]


def test_a_sentence_may_begin_inside_a_row(tmp_path):
    rows = rows_of("人民来了。共和国成立了")
    with Corpus(tmp_path / "c.sqlite", write=True) as corpus:
        fill(corpus, page("a", "", rows=rows, language="chi_sim"))
        tokens = corpus.tokens()

    begins = tokens.words().starts_sentence
    assert dict(zip(tokens.spelled(), begins, strict=True)) == {
        "人民": 0,
        "来": 0,
        "了": 0,
        "共和国": 1,
        "成立": 0,
    }


def test_vertical_text_has_words_with_the_boxes_of_their_rows():
    rows = rows_of("中|华人|民", "共和国。")
    content = written("vrt", [page("a", "", rows=rows, language="chi_sim")])

    lines = [
        line.split("\t")
        for line in content.decode().splitlines()
        if "\t" in line or line in ("<g/>", '<line n="2">')
    ]
    assert lines == [
        ["中华", "88.00", "0", "50", "120", "40", "1", "中华"],
        ["<g/>"],
        ["人民", "87.00", "40", "50", "120", "40", "2", "人民"],
        ['<line n="2">'],
        ["<g/>"],
        ["共和国", "89.00", "0", "100", "160", "40", "1", "共和国"],
        ["<g/>"],
        ["。", "89.00", "0", "100", "160", "40", "1", "。"],
    ]


def test_tokens_of_another_segmenter_are_made_again(tmp_path, no_segmenter):
    path = tmp_path / "c.sqlite"
    with Corpus(path, write=True) as corpus:
        fill(corpus, page("a", "", rows=rows_of("中华人民"), language="chi_sim"))
        fill(corpus, page("b", "the old harbour"))
        selection = select(corpus.tokens())
        assert "中华人民" in corpus.tokens().vocabulary
        assert [*notices(selection)] == [segmentation.MISSING]
        assert "was not divided" in account(selection, "terms", ())

    no_segmenter.undo()
    segmenter.cache_clear()
    pieces.cache_clear()
    with Corpus(path, write=True) as corpus:
        assert corpus.count_behind() == 1  # the page in English stays
        selection = select(corpus.tokens())
        found = frequency.word_list(selection)
        [[rule]] = corpus.execute(
            "SELECT rule FROM token_pages WHERE rule LIKE '%ICU%'"
        ).fetchall()

    assert set(found["term"]) == {"中华", "人民", "the", "old", "harbour"}
    assert segmenter() in rule
    assert segmenter() in account(selection, "terms", ())
    assert [*notices(selection)] == []


@pytest.fixture
def japanese_breaker(monkeypatch):
    """A machine with another segmenter for Japanese, which puts two letters in a word.

    It stands for SudachiPy.
    """

    def words(text):
        return [text[n : n + 2] for n in range(0, len(text), 2)]

    def forget():
        segmenter.cache_clear()
        pieces.cache_clear()

    monkeypatch.setattr(segmentation, "_japanese_breaker", lambda: (words, "twos 1.0"))
    forget()
    yield monkeypatch
    monkeypatch.undo()
    forget()


def test_japanese_alone_is_divided_by_a_segmenter_of_its_own(japanese_breaker):
    assert split("中华人民", "chi_sim") == ["中华", "人民"]
    assert split("日本語を勉強", "chi_sim") == ["日本語", "を", "勉強"]
    assert split("日本語を勉強", "jpn_vert+eng") == ["日本", "語を", "勉強"]


def test_a_query_of_japanese_is_divided_as_its_pages_are(tmp_path, japanese_breaker):
    with Corpus(tmp_path / "c.sqlite", write=True) as corpus:
        fill(corpus, page("a", "日本語を勉強", language="jpn"))
        fill(corpus, page("b", "中华人民", language="chi_sim"))
        selection = select(corpus.tokens())
        rules = corpus.execute("SELECT DISTINCT rule FROM token_pages").fetchall()

        for query in ("日本語を", '"日本語を"', "中华", "中华人民"):
            assert kwic(selection, query)[1] == 1, query
        assert corpus.search("日本語を")
    assert [("twos 1.0" in rule) for [rule] in rules] == [True]

    japanese_breaker.undo()
    segmenter.cache_clear()
    pieces.cache_clear()
    with Corpus(tmp_path / "c.sqlite", write=True) as corpus:
        assert corpus.count_behind() == 2
        assert kwic(select(corpus.tokens()), "日本語")[1] == 1


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("है।", "hin"),
        ("গেল।", "ben"),
        ("؟نعم؟", "ara"),
        ("ہے۔", "urd"),
        ("သည်။", "mya"),
        ("ជាតិ។", "khm"),
        ("ነው።", "amh"),
        ("է։", "hye"),
        ("です。」", "jpn"),
        ("པ།", "bod"),
        ("ποῦ;", "grc"),
        ("הָאָרֶץ\u05c3", "heb"),  # Genesis 1:1
    ],
)
def test_a_sentence_ends_with_the_mark_of_its_script(text, language):
    assert ends_sentence(text, "X", language)
    assert not ends_sentence("so;", "X", "eng")


def test_a_query_is_divided_as_the_text_is():
    assert split("中华人民") == ["中华", "人民"]
