"""Recorded OCR in shapes of other programs: packed, in lines, with variants."""

import gzip
import io
import zipfile
from contextlib import nullcontext

import pytest

from app.session.arrival import add_files
from ocr_core import Settings, open_document, recognize_page
from ocr_core.documents import documents_in, recorded
from ocr_core.documents.discovery import find_documents
from ocr_core.errors import InputError, LimitError
from ocr_core.exports import FORMATS
from ocr_core.imports import recorded_kind, recorded_pages
from ocr_core.page import PageRef, PageResult, Word, text_of
from tests.support.app_pages import png
from tests.support.recorded import ALTO

PAGE = "http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15"
REGION = (
    '<TextRegion id="{0}"><Coords points="0,0 90,0 90,20"/><TextEquiv><Unicode>{0}'
    "</Unicode></TextEquiv></TextRegion>"
)
LETTER = (
    '<charParams l="{0}" t="0" r="{1}" b="9"><charRecVariants><charRecVariant>?'
    "</charRecVariant></charRecVariants>\n{2}\n</charParams>"
)


def imported(content, name="a.xml"):
    content = content.encode()
    [page] = recorded_pages(content, recorded_kind(content, name))
    return page


def read(path):
    [ref] = open_document(path)
    return recognize_page(ref, Settings())


def alto_of(string):
    return ALTO.replace('CONTENT="recorded"', string).replace(
        'HPOS="1" VPOS="2" WIDTH="3"', 'HPOS="10" VPOS="2" WIDTH="120"'
    )


def test_a_line_that_is_written_as_one_word_has_its_words():
    words = imported(alto_of('CONTENT="ab cde f&#160;g h"')).rows

    # 12 letters and spaces on 120 pixels; a no-break space is in a word.
    assert [(word.text, word.left, word.width) for word in words] == [
        ("ab", 10, 20),
        ("cde", 40, 30),
        ("f\u00a0g", 80, 30),
        ("h", 120, 10),
    ]


@pytest.mark.parametrize("line", ["אב גדה ש", "كت بون م"])
def test_the_first_word_of_a_line_from_right_to_left_is_on_the_right(line):
    words = imported(alto_of(f'CONTENT="{line}"')).rows

    assert [word.text for word in words] == line.split()
    assert words[0].left > words[1].left > words[2].left == 10
    assert words[0].left + words[0].width == 130


def test_text_in_regions_of_other_kinds_is_imported():
    inside = (
        f"<GraphicRegion>{REGION.format('advert')}<ImageRegion>"
        f"{REGION.format('caption')}</ImageRegion></GraphicRegion>"
    )
    page = f'{REGION.format("prose")}{inside}<NoiseRegion id="n"/>'
    content = (
        f'<PcGts xmlns="{PAGE}"><Page imageWidth="99" imageHeight="99">'
        f"{page}</Page></PcGts>"
    )

    assert text_of(imported(content).rows).split() == ["prose", "advert", "caption"]


@pytest.mark.parametrize(
    "whole", ['<document producer="FineReader 10">{}</document>', "{}"]
)
def test_abbyy_is_imported_without_the_variants_of_characters_and_words(whole):
    variants = (
        "<wordRecVariants><wordRecVariant><variantText>"
        '<charParams l="0" t="0" r="9" b="9">x</charParams></variantText>'
        "</wordRecVariant></wordRecVariants>"
    )
    letters = [LETTER.format(0, 9, "J"), LETTER.format(9, 19, "a")]
    letters += ['<charParams l="19" t="0" r="29" b="9"> </charParams>']
    letters += [LETTER.format(29, 39, "!")]
    line = f"<formatting lang='German'>{variants}{''.join(letters)}</formatting>"
    page = (
        '<page width="99" height="99"><block blockType="Text"><text><par>'
        f'<line l="0" t="0" r="39" b="9">{line}</line></par></text></block></page>'
    )

    rows = imported(whole.format(page)).rows

    assert [(word.text, word.left, word.width) for word in rows] == [
        ("Ja", 0, 19),
        ("!", 29, 10),
    ]


@pytest.mark.parametrize(
    ("inner", "text"),
    [
        (
            "<p class='ocr_par'><span class='ocrx_word' title='bbox 0 0 9 9'>Two</span>"
            " <span class='ocrx_word' title='bbox 12 0 20 9'>words</span></p>"
            "<p class='ocr_par'><span class='ocrx_word' title='bbox 0 20 9 29'>more"
            "</span></p>",
            "Two words\n\nmore",
        ),
        ("<p class='ocr_par' title='bbox 0 0 90 9'>Two words</p>", "Two words"),
        ("Two words", "Two words"),
    ],
)
def test_hocr_without_lines_keeps_its_text(inner, text):
    page = f"<div class='ocr_page' title='bbox 0 0 99 99'>{inner}</div>"

    assert text_of(imported(f"<html>{page}</html>", "a.hocr").rows) == text


PACKED = gzip.compress(ALTO.encode())


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("p.xml.gz", PACKED),
        ("p.alto.xml.gz", PACKED),
        ("alto/p.XML.GZ", PACKED),
        ("p.alto", ALTO.encode()),
        ("p.hocr.gz", PACKED),
    ],
)
def test_packed_words_and_their_picture_are_one_document(tmp_path, name, content):
    files = {name: content, "p.png": png()}
    for each, data in files.items():
        (tmp_path / "set" / each).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "set" / each).write_bytes(data)
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        for each, data in files.items():
            archive.writestr(f"set/{each}", data)

    [found], _ = find_documents([tmp_path / "set"])
    [zipped] = documents_in(PageRef(str(tmp_path / "set.zip"), 0))

    for path in (found.path, zipped.path):
        page = read(path)
        assert (page.text, page.source, page.size) == (
            "recorded",
            "imported",
            (640, 200),
        )
        assert page.notes == ()


def test_packed_words_are_named_as_if_they_were_not(tmp_path):
    for name in ("letters.xml.gz", "scan.gz"):
        (tmp_path / name).write_bytes(PACKED)

    found, skipped = find_documents([tmp_path])

    assert ([each.doc_id for each in found], skipped) == (["letters"], 1)


def test_packed_words_dropped_with_their_picture_are_one_document(tmp_path):
    added = {}

    class Project:
        adding_many = nullcontext

        def add(self, key, label, content):
            added[label] = content

    add_files(Project(), [("1", "p.xml.gz", PACKED), ("2", "p.png", png())])

    assert list(added) == ["p.cbz"]
    (tmp_path / "p.cbz").write_bytes(added["p.cbz"])
    assert read(tmp_path / "p.cbz").text == "recorded"


def test_damaged_and_swollen_packed_files_are_refused(tmp_path, monkeypatch):
    (tmp_path / "a.xml.gz").write_bytes(PACKED[:-20])
    with pytest.raises(InputError):
        open_document(tmp_path / "a.xml.gz")
    monkeypatch.setattr(recorded, "MAX_BYTES", 1000)
    (tmp_path / "b.xml.gz").write_bytes(gzip.compress(ALTO.encode() + b" " * 1000))
    with pytest.raises(LimitError):
        open_document(tmp_path / "b.xml.gz")


def test_alto_states_the_words_that_a_hyphen_breaks_and_keeps_each_piece():
    texts = ["die Zeit-", "schrift, Haupt-", "und vom Zeit", "schrift"]
    rows = tuple(
        Word(1, 1, line, n, 10 * n, 20 * line, 9, 12, 90, word)
        for line, text in enumerate(texts, 1)
        for n, word in enumerate(text.split(), 1)
    )
    page = PageResult(PageRef("a.png"), rows, (99, 99), language="deu")
    file = io.BytesIO()
    FORMATS["alto"].write([page], file)

    [again] = recorded_pages(file.getvalue(), "alto")

    assert again.joined == ("Zeitschrift",)
    assert [word[:8] for word in again.rows] == [word[:8] for word in rows]
    assert [word.text for word in again.rows] == [word.text for word in rows]
    assert file.getvalue().count(b"HypPart2") == 1


def page_of(line):
    region = f'<TextRegion id="r"><TextLine id="l">{line}</TextLine></TextRegion>'
    return (
        f'<PcGts xmlns="{PAGE}"><Page imageWidth="99" imageHeight="99">{region}'
        "</Page></PcGts>"
    )


def with_text(name, box, text):
    unicode = f"<TextEquiv><Unicode>{text}</Unicode></TextEquiv>"
    return f'<{name}><Coords points="{box}"/>{unicode}</{name}>'


@pytest.mark.parametrize("words", ["", '<Word id="w"/>'])
def test_a_line_of_marks_without_words_is_kept(words):
    line = f'<Coords points="10,0 80,9"/>{words}'
    line += "<TextEquiv><Unicode>* — *</Unicode></TextEquiv>"

    assert [word.text for word in imported(page_of(line)).rows] == ["*", "—", "*"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("ono two", [("ono", 0), ("two", 40)]),
        ("öne two¬", [("öne", 0), ("two¬", 40)]),
        ("one", [("one", 10)]),  # in the line's box
        ("", [("one", 0), ("two", 40)]),
    ],
)
def test_a_line_corrected_in_transkribus_prevails_over_its_words(line, expected):
    """Transkribus leaves the words as they were recognised."""
    inner = with_text("Word", "0,0 30,9", "one") + with_text("Word", "40,0 70,9", "two")
    inner = f'<Coords points="10,0 80,9"/>{inner}'
    inner += f"<TextEquiv><Unicode>{line}</Unicode></TextEquiv>"
    metadata = '<Metadata><TranskribusMetadata docId="1"/></Metadata>'
    theirs = page_of(inner).replace("<Page ", f"{metadata}<Page ")

    rows = imported(theirs).rows

    assert [(word.text, word.left) for word in rows] == expected
    assert [word.text for word in imported(page_of(inner)).rows] == ["one", "two"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["one", "two"], [("one", 0), ("two", 40)]),
        (["one", ""], [("one", 0), ("two", 40)]),  # with the box of the empty word
        (["one"], [("one", 10), ("two", 50)]),  # in the line's box, by their letters
        (["two", "one"], [("two", 0), ("one", 40)]),
        (["one", "two", ""], [("one", 0), ("two", 40)]),
    ],
)
def test_no_word_of_a_line_is_lost_where_its_words_lack_it(words, expected):
    boxes = ("0,0 30,9", "40,0 70,9", "80,0 90,9")
    inner = "".join(
        with_text("Word", box, word) for box, word in zip(boxes, words, strict=False)
    )
    line = '<Coords points="10,0 80,9"/>' + inner
    line += "<TextEquiv><Unicode>one two</Unicode></TextEquiv>"

    rows = imported(page_of(line)).rows

    assert [(word.text, word.left) for word in rows] == expected


def test_blocks_that_lie_in_the_page_itself_are_imported():
    content = ALTO.replace("<PrintSpace>", "").replace("</PrintSpace>", "")

    assert [word.text for word in imported(content).rows] == ["recorded"]


def test_words_between_tags_that_are_no_names_are_imported():
    word = "<span class='ocrx_word' title='bbox {0} 0 {1} 9'>{2}</span>"
    words = word.format(0, 9, "s<5<a</<e") + " " + word.format(20, 29, "next")
    line = f"<span class='ocr_line' title='bbox 0 0 99 9'>{words}</span>"
    page = f"<div class='ocr_page' title='bbox 0 0 99 99'>{line}</div>"
    content = f"<html><body>{page}</body></html>"

    assert imported(content, "a.html").rows[-1].text == "next"


def test_a_table_of_texts_is_read_once_for_relative_and_absolute_paths(
    tmp_path, monkeypatch
):
    lines = [f"\nd{n},word {n}" for n in range(5)]
    (tmp_path / "texts.csv").write_text("doc_id,text" + "".join(lines))
    monkeypatch.chdir(tmp_path)
    read = []

    def reading(content, kind):
        read.append(kind)
        return recorded_pages(content, kind)

    monkeypatch.setattr(recorded, "recorded_pages", reading)
    paths = "texts.csv", str(tmp_path / "texts.csv")

    documents = [ref for path in paths for ref in documents_in(PageRef(path, 0))]
    pages = [page for ref in documents for page in recorded.pages_of(ref)]

    assert [page.rows[-1].text for page in pages] == [*"01234"] * 2
    assert read == ["texts"]
