"""White space between words, in every script and every export."""

import io
import json
import re
import zlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocr_core.corpus import Corpus
from ocr_core.corpus.results import packed, unpacked
from ocr_core.engines.spacing import lines_continued, spaced, spaces_in, whole_words
from ocr_core.exports import FORMATS, filter_results
from ocr_core.page import PageRef, PageResult, Word, text_of
from ocr_core.scripts import joined_terms
from ocr_core.text.cleaning import _tokens

HARBOUR = "城市与港口"


def word(text, line=1, left=0, *, par=1, space=True, conf=90.0):
    width = 20 * len(text)
    return Word(1, par, line, 1, left, 30 * line, width, 20, conf, text, space)


def row(texts, line=1, *, par=1):
    """Words side by side that no space parts."""
    words, left = [], 0
    for number, text in enumerate(texts, 1):
        piece = word(text, line, left, par=par, space=not words)
        words.append(piece._replace(word_num=number))
        left += 20 * len(text)
    return words


def result(words, doc_id="a"):
    return PageResult(ref=PageRef(doc_id), rows=tuple(words), size=(900, 900))


def written(form, words, **options):
    file = io.BytesIO()
    FORMATS[form].write([result(words)], file, **options)
    return file.getvalue()


def test_a_line_above_a_gap_ends_its_paragraph():
    """Lines 30 apart, and one 45 below the others; all are full."""
    lines = [word(HARBOUR * 2, number) for number in range(1, 7)]
    lines[4:] = [each._replace(top=each.top + 15) for each in lines[4:]]

    words = lines_continued(lines)

    assert [each.space_before for each in words] == [
        True,
        False,
        False,
        False,
        True,
        False,
    ]


def test_the_program_tells_white_space_by_its_text():
    assert spaces_in("城市 与港\n口", ["城市", "与", "港", "口"]) == [
        True,
        True,
        False,
        True,
    ]
    assert spaces_in("\u200eab\u200f cd", ["ab", "cd"]) == [True, True]
    assert spaces_in("ab", ["ab", "cd"]) is None


def test_pieces_of_a_korean_word_are_one_word():
    pieces = [*row(["도", "시", "와"]), word("항구", left=90)._replace(word_num=4)]

    whole = whole_words(pieces)

    assert [each.text for each in whole] == ["도시와", "항구"]
    assert [each.word_num for each in whole] == [1, 2]
    assert whole[0][4:8] == (0, 30, 60, 20)


def test_words_of_chinese_stay_apart_and_marks_go_to_their_letter():
    assert [w.text for w in whole_words(row(["城市", "与"]))] == ["城市", "与"]
    assert [w.text for w in whole_words(row(["เม", "ื", "อ"]))] == ["เมื", "อ"]


@pytest.mark.parametrize(
    ("pieces", "whole"),
    [
        (["๕", "๖.", "๓", "๑"], ["๕๖.๓๑"]),
        (["ปี", "๒๕", "๓๑"], ["ปี", "๒๕๓๑"]),
        (["៧", "៥", "រៀល"], ["៧៥", "រៀល"]),
        (["年", "月", "2", "0"], ["年", "月", "20"]),
    ],
)
def test_the_parts_of_a_number_are_one_word(pieces, whole):
    assert [word.text for word in whole_words(row(pieces))] == whole


def test_rows_of_a_short_list_do_not_continue_in_each_other():
    rows = ["池上白米$76.3", "花生油$802", "烏龍茶$49.3", "黑糖$74", "荔枝包荔枝$64.1"]
    words = [word(text, line) for line, text in enumerate(rows, start=1)]

    assert all(each.space_before for each in lines_continued(words))


@pytest.mark.parametrize("space", [True, False])
def test_a_lone_zero_width_non_joiner_is_no_word(space):
    pieces = [word(text, space=space) for text in ("نان", "\u200c", "سنگک")]

    whole = whole_words(pieces)

    assert "".join(each.text for each in whole) == "نانسنگک"
    assert all(each.text for each in whole)


def test_a_full_line_of_chinese_continues_in_the_next():
    lines = [*row("我们的城市与港口"), *row("都有小船出海去了", 2), *row("完", 3)]

    words = lines_continued(lines)

    assert text_of(words) == "我们的城市与港口都有小船出海去了完"


def test_a_number_of_chinese_continues_in_the_next_line():
    lines = [*row(["开会时间是2008"]), *row(["年八月八日中午。"], 2)]

    assert text_of(lines_continued(lines)) == "开会时间是2008年八月八日中午。"


@pytest.mark.parametrize(
    "verses",
    [
        ["床前明月光", "疑是地上霜", "举头望明月", "低头思故乡"],
        [
            "空山不见人、但闻人语响。",
            "返景入深林、复照青苔上。",
            "终南阴岭秀、积雪浮云端。",
        ],
        ["トルクメニスタン", "母と子とは海", "この選挙は今", "国連総会は夏"],
        ["古池や蛙飛びこむ、", "水の音が聞こえる、", "夏の夕べのこと。"],
    ],
    ids=["short lines", "couplets", "below a title", "lines of clauses"],
)
def test_verses_of_equal_length_stay_apart(verses):
    lines = [word(text, number) for number, text in enumerate(verses, 1)]

    assert text_of(lines_continued(lines)).split("\n") == verses


@pytest.mark.parametrize(
    ("title", "left", "pitch"),
    [("全国人民代表大会公布实施", 20, 30), ("人民出版社编辑部一九八六", 0, 80)],
    ids=["centred", "far below"],
)
def test_lines_of_a_title_page_stay_apart(title, left, pitch):
    first = word("中华人民共和国宪法修正案文" + "本" * (left // 20))
    lower = word(title, 2, left)._replace(top=30 + pitch)

    assert text_of(lines_continued([first, lower])) == f"{first.text}\n{title}"


def test_a_centred_caption_continues_in_its_second_line():
    first, second = "城市与港口" * 4, "小船出海"
    lines = [word(first), word(second, 2, 160)]

    assert text_of(lines_continued(lines)) == first + second


def poem():
    return [*row("城市与港口在海边"), *row("小船", 2), *row("出海中", 3)]


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (poem(), "城市与港口在海边\n小船\n出海中"),
        (row(["ABCDE"]) + row(["FGHIJ"], 2), "ABCDE\nFGHIJ"),
        (row("城市") + row("港口", 2, par=2), "城市\n\n港口"),
        (
            [word("米"), word("元", left=99), word("油", 2), word("元", 2, 99)],
            "米 元\n油 元",
        ),
        (row(["到了ab"]) + row(["cd中"], 2), "到了ab\ncd中"),
        (row(["รายงาน"]) + row(["๕มีนา"], 2), "รายงาน\n๕มีนา"),
        (row(["តម្លៃ៥"]) + row(["រៀល៧"], 2), "តម្លៃ៥\nរៀល៧"),
        (row(["ထောင်"]) + row(["1987"], 2), "ထောင်\n1987"),
    ],
    ids=[
        "poem",
        "another script",
        "another paragraph",
        "cells",
        "another in it",
        "Thai number",
        "after Khmer number",
        "number beside Burmese",
    ],
)
def test_other_lines_end_where_they_end(lines, text):
    assert text_of(lines_continued(lines)) == text


def test_a_word_left_out_leaves_its_white_space():
    words = [word("ab"), word("cd", conf=10), word("e", space=False)]

    [kept] = filter_results([result(words)], min_conf=50)

    assert kept.text == "ab e"


@given(st.lists(st.tuples(st.text("ab城", min_size=1), st.booleans()), max_size=9))
def test_a_page_keeps_its_white_space_in_the_corpus(spaced):
    words = tuple(word(text, space=space) for text, space in spaced)

    assert unpacked(packed(result(words))) == words


def test_words_that_spaces_part_are_kept_as_ever():
    words = [word("ab"), word("cd")]
    ten = [list(column) for column in zip(*(each[:10] for each in words), strict=True)]

    assert json.loads(zlib.decompress(packed(result(words)))) == ten
    assert unpacked(zlib.compress(json.dumps(ten).encode())) == tuple(words)


@pytest.mark.parametrize("spaces", [[True], [True, 7], ["no", "yes"]])
def test_a_damaged_column_of_white_space_is_refused(spaces):
    columns = [*map(list, zip(*(w[:10] for w in row(["a", "b"])), strict=True)), spaces]

    with pytest.raises((ValueError, TypeError)):
        unpacked(zlib.compress(json.dumps(columns).encode()))


@given(st.lists(st.tuples(st.text("ab城", min_size=1), st.booleans()), max_size=9))
def test_cleaning_knows_where_each_word_stands(spaced):
    lines = [word(text, n // 3, space=space) for n, (text, space) in enumerate(spaced)]
    page = result(lines)

    for token in _tokens(page):
        end = token.start + len(token.row.text)
        assert page.text[token.start : end] == token.row.text


def test_formats_put_no_space_where_none_is():
    words = row(["城市", "与", "港口"])

    assert written("txt", words).decode() == f"{HARBOUR}\n"
    assert b"<SP" not in written("alto", words)
    assert HARBOUR in re.sub("<[^>]+>", "", written("hocr", words).decode())
    assert written("vrt", words).decode().count("<g/>\n") == 2
    assert json.loads(written("jsonl", words))["words"][1]["space_before"] is False


def test_parquet_has_the_white_space_beside_its_words():
    from pyarrow import parquet

    table = parquet.read_table(io.BytesIO(written("parquet", row(["城市", "与"]))))

    assert "space_before" in table.column_names
    assert table["space_before"].to_pylist() == [True, False]


def test_a_word_is_found_inside_a_sentence(tmp_path):
    corpus = Corpus(tmp_path / "c.sqlite", write=True)
    page = result(row(["城市与", "港口"]))
    corpus.save_result(
        replace(page, ref=corpus.add_document(page.ref)), ("engine", "digest")
    )

    for query in ("市与港", '"港口"', "城*", "城市 港口"):
        [hit] = corpus.search(query)
        assert hit.snippet.replace("[", "").replace("]", "") == HARBOUR
    assert corpus.search("港城") == []


def test_terms_are_joined_as_their_script_does():
    assert joined_terms(["城市", "与", "1895", "a", "b"]) == "城市与 1895 a b"


@pytest.mark.parametrize(
    ("text", "far", "spaced_text"),
    [
        ("porqueen", 6, "porque en"),
        ("agosto,casi", 7, "agosto, casi"),
        ("Simon", 2, "Simon"),  # too few letters to know the usual step
    ],
)
def test_a_space_is_put_between_characters_that_are_far_apart(text, far, spaced_text):
    steps = [2.0 + 5.0 * (index == far) for index in range(len(text))]
    positions = tuple((np.cumsum(steps) - 2.0) / sum(steps))
    confs = tuple(0.9 for _ in text)

    found, centres, chances = spaced(text, positions, confs)

    assert found == spaced_text
    assert len(centres) == len(chances) == len(found)


def test_a_letter_twice_as_wide_gets_no_space():
    steps = [2.0, 2.0, 2.0, 5.0, 2.0, 2.0, 2.0, 2.0]

    found, _, _ = spaced("premiums", tuple(np.cumsum(steps) / 20), (0.9,) * 8)

    assert found == "premiums"
