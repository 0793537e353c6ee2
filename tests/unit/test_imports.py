"""Recorded OCR: files of other programs and ours are imported as they were written."""

import io
import os
import zipfile
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from ocr_core import Settings, open_document, recognize_page
from ocr_core.documents import pairs
from ocr_core.documents.archives import Archive
from ocr_core.documents.discovery import find_documents
from ocr_core.documents.pairs import NameListing, picture_beside
from ocr_core.errors import InputError, OcrError
from ocr_core.exports import FORMATS
from ocr_core.imports import recorded_kind, recorded_pages
from ocr_core.page import PageRef, PageResult, Word, text_of
from ocr_core.text.line_ends import join_pieces, vocabulary
from tests.support.app_pages import png

DATA = Path(
    os.environ.get("OCR_TEST_DATA") or Path(__file__).parents[3] / "shared" / "data"
)
PAGE_SCHEMA = DATA / "schemas" / "pagecontent.xsd"
LETTERS = st.text(
    st.characters(categories=["Lu", "Ll", "Lo", "Nd", "Po"], max_codepoint=0x3100),
    min_size=1,
    max_size=6,
)
ALTO_3 = """<?xml version="1.0" encoding="UTF-8"?>
<alto xmlns="http://www.loc.gov/standards/alto/ns-v3#"><Description>
<MeasurementUnit>{unit}</MeasurementUnit>
<sourceImageInformation><fileName>{image}</fileName></sourceImageInformation>
<OCRProcessing ID="o"><ocrProcessingStep><processingSoftware>
<softwareName>FineReader</softwareName><softwareVersion>11</softwareVersion>
</processingSoftware></ocrProcessingStep></OCRProcessing></Description>
<Layout><Page ID="p" PHYSICAL_IMG_NR="1" WIDTH="640" HEIGHT="200"><PrintSpace>
<TextBlock ID="b2" language="ger"><TextLine HPOS="10" VPOS="60" WIDTH="90" HEIGHT="20">
<String ID="s3" HPOS="10" VPOS="60" WIDTH="50" HEIGHT="20" CONTENT="schrift"
 SUBS_TYPE="HypPart2" SUBS_CONTENT="Zeitschrift" WC="0.5"/></TextLine></TextBlock>
<TextBlock ID="b1" IDNEXT="b2"><TextLine HPOS="10" VPOS="20" WIDTH="90" HEIGHT="20">
<String ID="s1" HPOS="10" VPOS="20" WIDTH="30" HEIGHT="20" CONTENT="Die" CC="000"/>
<SP HPOS="40" VPOS="20" WIDTH="5"/>
<String ID="s2" HPOS="45" VPOS="20" WIDTH="30" HEIGHT="20" CONTENT="Zeit"
 SUBS_TYPE="HypPart1" SUBS_CONTENT="Zeitschrift" WC="0.9"/>
<HYP HPOS="75" VPOS="20" WIDTH="5" CONTENT="&#xAD;"/></TextLine></TextBlock>
</PrintSpace></Page></Layout></alto>"""
PAGE_XML = """<PcGts xmlns="http://schema.primaresearch.org/PAGE/gts/pagecontent/{year}">
<Page imageFilename="OCR-D-IMG/p.png" imageWidth="640" imageHeight="200">
<ReadingOrder><OrderedGroup id="g"><RegionRefIndexed index="1" regionRef="r1"/>
<RegionRefIndexed index="0" regionRef="r2"/></OrderedGroup></ReadingOrder>
<TextRegion id="r1" primaryLanguage="German"><Coords points="0,0 9,0 9,9"/>
<TextLine id="l1"><Coords points="10,10 110,10 110,30 10,30"/>
<TextEquiv><Unicode>ganze Zeile</Unicode></TextEquiv></TextLine></TextRegion>
<TextRegion id="r2"><Coords points="0,40 90,40 90,60 0,60"/>
<TextLine id="l2"><Coords points="0,40 90,40 90,60 0,60"/>
<Word id="w1"><Coords points="0,40 40,40 40,60 0,60"/>
<TextEquiv index="1" conf="0.2"><Unicode>Elide</Unicode></TextEquiv>
<TextEquiv index="0" conf="0.75"><Unicode>Ende</Unicode></TextEquiv></Word>
<Word id="w2"><Coords points="45,40 50,40 50,60"/>
<TextEquiv><Unicode>.</Unicode></TextEquiv></Word>
<TextEquiv><Unicode>Ende.</Unicode></TextEquiv></TextLine></TextRegion></Page></PcGts>"""
HOCR = """<html><head><meta name="ocr-system" content="ocropus 1.3"></head><body>
<div class='ocr_page' title='image "scans/p.png"; bbox 0 0 640 200'>
<p class='ocr_par'><span class='ocr_line' title='bbox 10 10 110 30'>ganze&nbsp;Zeile<br>
</span><span class='ocr_header' title='bbox 0 40 90 60'>
<span class='ocrx_word' title='bbox 0 40 40 60; x_wconf 75'><em>En</em>de</span><!-- -->
<span class='ocrx_word' title='bbox 45 40 90 60'>hier</span></span></p></div>"""
ABBYY = """<document xmlns="http://www.abbyy.com/FineReader_xml/FineReader10-schema-v1.xml"
 producer="ABBYY FineReader Engine 11"><page width="640" height="200" resolution="300">
<block blockType="Text"><text><par><line l="0" t="0" r="60" b="20">
<formatting lang="GermanStandard">
<charParams l="0" t="0" r="9" b="20" charConfidence="90">J</charParams>
<charParams l="9" t="2" r="19" b="20" charConfidence="70">a</charParams>
<charParams l="19" t="2" r="29" b="20"> </charParams>
<charParams l="30" t="0" r="60" b="20" charConfidence="50">!</charParams>
</formatting></line></par></text></block></page></document>"""
TSV = (
    "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight"
    "\tconf\ttext\n1\t1\t0\t0\t0\t0\t0\t0\t640\t200\t-1\t\n"
    '5\t1\t1\t1\t1\t1\t10\t20\t30\t40\t96.5\t"Ja\n'
)


def read_all(text, name="a.xml"):
    content = text.encode() if isinstance(text, str) else text
    return list(recorded_pages(content, recorded_kind(content, name)))


def result(path, **flat):
    [ref] = open_document(path)
    return recognize_page(ref, Settings.from_flat(flat))


@st.composite
def pages(draw):
    """Draw a page whose words stand in blocks, paragraphs and lines of their own."""
    rows = []
    shape = draw(st.lists(st.lists(st.integers(1, 3), min_size=1, max_size=3)))
    for block, pars in enumerate(shape[:3], 1):
        for par, lines in enumerate(pars, 1):
            for line in range(1, lines + 1):
                for number in range(1, draw(st.integers(1, 3)) + 1):
                    box = (draw(st.integers(0, 400)), draw(st.integers(0, 400)))
                    size = (draw(st.integers(1, 90)), draw(st.integers(1, 90)))
                    conf = draw(st.integers(0, 10_000)) / 100
                    line_key = (block, par, line, number)
                    rows.append(Word(*line_key, *box, *size, conf, draw(LETTERS)))
    return PageResult(PageRef("/scans/a.png"), tuple(rows), (500, 500), 300)


@pytest.mark.parametrize("form", ["alto", "hocr", "page", "words", "jsonl"])
@given(page=pages())
@settings(max_examples=25)
def test_what_we_write_is_imported_again_word_for_word(form, page):
    file = io.BytesIO()
    FORMATS[form].write([page], file)

    found = read_all(file.getvalue(), "a.csv" if form == "words" else "a.xml")

    rows = found[0].rows if found else ()
    assert [(*word[:8], word.text) for word in rows] == [
        (*word[:8], word.text) for word in page.rows
    ]
    assert [word.conf for word in rows] == pytest.approx([w.conf for w in page.rows])


def test_chinese_is_imported_again_with_the_white_space_that_it_had():
    words = [
        Word(1, 1, 1, 1, 0, 0, 20, 20, 90, "今天"),
        Word(1, 1, 1, 2, 20, 0, 20, 20, 90, "下雨", False),
        Word(1, 1, 1, 3, 50, 0, 20, 20, 90, "明天"),
    ]
    page = PageResult(PageRef("a.png"), tuple(words), (100, 40))

    for form in ("alto", "hocr", "page", "jsonl"):
        file = io.BytesIO()
        FORMATS[form].write([page], file)
        assert text_of(read_all(file.getvalue())[0].rows) == "今天下雨 明天", form


def test_alto_of_a_library_keeps_hyphens_order_and_confidences():
    [page] = read_all(ALTO_3.format(unit="pixel", image="x.tif"))

    # IDNEXT says that the second block comes first; WC 0.9 is 90, CC 0 is sure.
    assert text_of(page.rows) == "Die Zeit-\n\nschrift"
    assert [word.conf for word in page.rows] == [100, 90, 50]
    assert page.rows[1][4:8] == (45, 20, 35, 20)  # with its hyphen
    assert (page.language, page.engine) == ("deu", "FineReader 11")
    assert (page.image, page.size, page.has_conf) == ("x.tif", (640, 200), True)


@pytest.mark.parametrize(
    ("content", "end", "text"),
    [
        ("Zeit", "", "Zeit-"),  # the hyphen is only in SUBS_TYPE
        ("Zeit-", "", "Zeit-"),
        ("Zeit&#xAD;", "", "Zeit-"),
        ("Zeit&#xAD;", '<HYP CONTENT="&#xAD;"/>', "Zeit-"),
        ("Zeit", '<HYP CONTENT="-"/>', "Zeit-"),
        ("Zeit", '<SP WIDTH="2"/>', "Zeit-"),
        ("Zeit\u00ac", '<HYP CONTENT="\u00ac"/>', "Zeit\u00ac"),
    ],
)
def test_a_word_broken_at_a_line_end_has_one_hyphen_however_alto_states_it(
    content, end, text
):
    [page] = read_all(
        '<alto><Layout><Page WIDTH="90" HEIGHT="90"><PrintSpace><TextBlock><TextLine>'
        f'<String HPOS="1" VPOS="2" WIDTH="3" HEIGHT="4" CONTENT="{content}" '
        f'SUBS_TYPE="HypPart1" SUBS_CONTENT="Zeitschrift"/>{end}</TextLine>'
        "</TextBlock></PrintSpace></Page></Layout></alto>"
    )

    assert [word.text for word in page.rows] == [text]


HOCR_LINES = (
    "<html><head><meta name='ocr-system' content='x'/></head><body>"
    "<div class='ocr_page' title='bbox 0 0 300 90'><p class='ocr_par'>"
    "<span class='ocr_line' title='bbox 0 0 99 20'><span class='ocrx_word' "
    "title='bbox 1 2 90 20'>Zyl\u00ad</span></span>"
    "<span class='ocr_line' title='bbox 0 30 99 50'><span class='ocrx_word' "
    "title='bbox 1 32 90 50'>brant</span></span></p></div></body></html>"
)
ALTO_LINES = (
    '<alto><Layout><Page WIDTH="300" HEIGHT="90"><PrintSpace><TextBlock><TextLine>'
    '<String HPOS="1" VPOS="2" WIDTH="90" HEIGHT="18" CONTENT="{first}" {more}/>{hyp}'
    '</TextLine><TextLine><String HPOS="1" VPOS="32" WIDTH="90" HEIGHT="18" '
    'CONTENT="brant"/></TextLine></TextBlock></PrintSpace></Page></Layout></alto>'
)
STATED = 'SUBS_TYPE="HypPart1" SUBS_CONTENT="Zylbrant"'


@pytest.mark.parametrize(
    ("content", "joined"),
    [
        (ALTO_LINES.format(first="Zyl", more=STATED, hyp='<HYP CONTENT="-"/>'), True),
        (ALTO_LINES.format(first="Zyl-", more=STATED, hyp=""), True),
        (ALTO_LINES.format(first="Zyl&#xAD;", more="", hyp=""), True),
        (ALTO_LINES.format(first="Zyl", more="", hyp='<HYP CONTENT="&#xAD;"/>'), True),
        (ALTO_LINES.format(first="Zyl-", more="", hyp=""), False),
        (HOCR_LINES, True),
    ],
)
def test_a_word_that_a_file_states_to_be_broken_is_counted_in_one_piece(
    tmp_path, content, joined
):
    path = tmp_path / ("a.hocr" if "<html" in content else "a.xml")
    path.write_text(content, "utf-8")

    page = result(path)

    words = vocabulary([page])
    first, last = (word.text for word in page.rows)
    assert first[:3] == "Zyl" and first[3] in "-\u00ad"  # the text is as it was read
    pieces = join_pieces(first, last, "deu", words)
    assert pieces == ("Zylbrant" if joined else None)


def test_alto_in_tenths_of_millimetres_is_imported_as_pixels():
    [page] = read_all(ALTO_3.format(unit="mm10", image=""))

    # 640 tenths of a millimetre are 64 mm: 756 pixels at 300 dpi.
    assert (page.size, page.dpi) == ((756, 236), 300)
    assert page.rows[0][4:8] == (12, 24, 35, 23)


@pytest.mark.parametrize("year", ["2010-03-19", "2013-07-15", "2019-07-15"])
def test_page_xml_is_imported_by_its_reading_order_and_best_reading(year):
    [page] = read_all(PAGE_XML.format(year=year))

    assert text_of(page.rows) == "Ende.\n\nganze Zeile"
    assert [word.conf for word in page.rows] == [75, 100, 100, 100]
    # 11 letters on 100 pixels: "Zeile" begins behind six of them.
    assert page.rows[3][4:8] == (65, 10, 45, 20)
    assert page.language == "deu"


def test_hocr_that_is_no_xml_is_imported_with_lines_that_have_no_words():
    [page] = read_all(HOCR, "a.hocr")

    assert text_of(page.rows) == "ganze Zeile\nEnde hier"
    assert [word.conf for word in page.rows] == [100, 100, 75, 100]
    assert (page.image, page.engine) == ("scans/p.png", "ocropus 1.3")


def test_abbyy_is_imported_by_its_characters():
    [page] = read_all(ABBYY)

    assert [(w.text, w.conf, *w[4:8]) for w in page.rows] == [
        ("Ja", 80, 0, 0, 19, 20),
        ("!", 50, 30, 0, 30, 20),
    ]
    assert (page.dpi, page.language) == (300, "deu")


def test_the_tsv_of_tesseract_is_imported_with_its_quotation_marks():
    [page] = read_all(TSV, "a.tsv")

    assert [(w.text, w.conf, *w[4:8]) for w in page.rows] == [
        ('"Ja', 96.5, 10, 20, 30, 40)
    ]
    assert page.size == (640, 200)


def test_words_lie_on_the_picture_beside_them_whatever_its_size(tmp_path):
    (tmp_path / "p.png").write_bytes(png())  # 640 by 200
    text = ALTO_3.format(unit="mm10", image="p.png")
    (tmp_path / "words.xml").write_text(text, "utf-8")

    page = result(tmp_path / "words.xml")

    assert (page.size, page.source, page.language) == ((640, 200), "imported", "deu")
    assert page.rows[0][4:8] == pytest.approx((10, 20, 30, 20), abs=1)
    assert page.notes == ()


def test_a_page_without_a_picture_is_reported_and_is_white(tmp_path):
    path = tmp_path / "words.xml"
    path.write_text(PAGE_XML.format(year="2019-07-15"), "utf-8")

    page = result(path)

    assert [note.code for note in page.notes] == ["no-picture"]
    assert page.size == (640, 200)


def test_the_scan_is_read_where_its_recorded_words_are_not_wanted(tmp_path):
    (tmp_path / "p.png").write_bytes(png("Sphinx"))
    (tmp_path / "p.xml").write_text(PAGE_XML.format(year="2019-07-15"), "utf-8")

    page = result(tmp_path / "p.xml", text_layer="off")

    assert (page.source, page.text) == ("read", "Sphinx")


@pytest.mark.parametrize(
    ("words", "picture"),
    [
        ("p.xml", "p.png"),
        ("p.alto.xml", "p.png"),
        ("page/p.xml", "p.png"),
        ("OCR-D-GT/other.xml", "OCR-D-IMG/p.png"),
        ("alto/p.xml", "images/p.png"),
    ],
)
def test_words_and_their_picture_in_a_folder_are_one_document(tmp_path, words, picture):
    for name, content in (
        (words, PAGE_XML.format(year="2019-07-15").encode()),
        (picture, png()),
        ("mets.xml", b"<mets/>"),
        ("metadata.csv", b"doc_id,year\np,1900\n"),
        ("other.gt.txt", b"x"),
    ):
        path = tmp_path / "set" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    found, skipped = find_documents([tmp_path / "set"])

    assert [Path(each.path).name for each in found] == [Path(words).name]
    assert skipped == 3
    assert result(found[0].path).notes == ()


@pytest.mark.parametrize(
    "name, names",
    [
        ("1.tsv", ["1.tsv"]),
        ("1.png.tsv", ["1.png.tsv"]),
        ("1.png.out.tsv", ["1.png"]),
        ("1.trial.tsv", ["1.png"]),
        ("words.tsv", ["1.png", "words.tsv"]),
    ],
)
def test_a_table_is_the_words_of_a_picture_only_if_it_has_its_name(
    tmp_path, name, names
):
    """What another run of an engine left beside a scan does not replace reading it."""
    (tmp_path / "1.png").write_bytes(png())
    (tmp_path / name).write_text(TSV)
    with zipfile.ZipFile(tmp_path / "both.zip", "w") as both:
        both.write(tmp_path / "1.png", "1.png")
        both.write(tmp_path / name, name)

    found, skipped = find_documents([tmp_path])
    inside = Archive(str(tmp_path / "both.zip")).parts()

    assert [ref.source_file for ref in found] == [*names[:1], "both.zip", *names[1:]]
    assert skipped == (names == ["1.png"])
    assert [part.file for part in inside] == names


def test_plain_texts_are_documents_of_a_folder_that_holds_no_scans(tmp_path):
    folder = tmp_path / "texts"  # pictures in the folders beside it would belong to it
    folder.mkdir()
    (folder / "a.txt").write_text("One line,\nand another.\n\nThe end.\n", "utf-8")

    [found], _ = find_documents([folder])
    page = result(found.path)

    assert page.text == "One line,\nand another.\n\nThe end."
    assert (page.source, page.notes) == ("imported", ())


def test_a_picture_that_cannot_be_opened_takes_no_words_away(tmp_path):
    for name in ("texts", "pictures"):
        (tmp_path / name).mkdir()
    (tmp_path / "texts" / "a.txt").write_text("One line\n", "utf-8")
    (tmp_path / "pictures" / "a.png").write_bytes(b"no picture")

    page = result(str(tmp_path / "texts" / "a.txt"))

    assert (page.text, page.status, page.source) == ("One line", "ok", "imported")


@given(
    st.lists(st.lists(LETTERS, min_size=1, max_size=200), min_size=1, max_size=40),
)
@settings(max_examples=25)
def test_no_word_of_a_plain_text_is_lost_and_each_has_a_box_of_its_own(lines):
    text = "\n".join(" ".join(line) for line in lines)

    found = read_all(text, "a.txt")

    words = [word for page in found for word in page.rows]
    assert [word.text for word in words] == text.split()
    boxes = [(page, *w[4:8]) for page, each in enumerate(found) for w in each.rows]
    assert len({*boxes}) == len(boxes)


def test_a_table_of_texts_holds_documents(tmp_path):
    path = tmp_path / "texts.csv"
    path.write_text('doc_id;text\n0012;"One; two\nthree"\nNA;four\n', "utf-8-sig")

    pages = [recognize_page(ref, Settings()) for ref in open_document(path)]

    assert [(page.ref.doc_id, page.text) for page in pages] == [
        ("0012", "One; two\nthree"),
        ("NA", "four"),
    ]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.xml", b"<alto><Layout><Page>"),
        ("a.xml", b"<html><body>a page of the web</body></html>"),
        ("a.txt", b"\xff\x00\x12"),
        ("a.jsonl", b'{"doc_id": "a", "words": [{"text": 3}]}'),
        ("a.jsonl", b'{"doc_id": "a"\n'),
        ("a.tsv", TSV.encode() + b"5\t1\n"),
        ("a.csv", b"a,b\n1,2\n"),
    ],
)
def test_what_is_damaged_or_of_another_kind_is_refused(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)

    with pytest.raises(InputError):
        result(tmp_path / name)


def test_no_other_file_is_opened_for_what_a_document_says(tmp_path):
    (tmp_path / "secret").write_text("SECRET")
    (tmp_path / "away").mkdir()
    (tmp_path / "away" / "p.png").write_bytes(png())
    own = tmp_path / "a" / "b" / "c"
    own.mkdir(parents=True)
    entity = f'<!DOCTYPE a [<!ENTITY x SYSTEM "file://{tmp_path}/secret">]>'
    text = ALTO_3.format(unit="pixel", image=f"{tmp_path}/away/p.png")
    text = text.replace("<alto xm", f"{entity}<alto xm").replace(
        "</alto>", "&x;</alto>"
    )
    (own / "x.xml").write_text(text, "utf-8")

    try:
        page = result(own / "x.xml")
    except OcrError as error:
        assert "SECRET" not in str(error)
        return
    assert "SECRET" not in page.text
    assert [note.code for note in page.notes] == ["no-picture"]


@pytest.mark.skipif(not PAGE_SCHEMA.exists(), reason="the schema is not at hand")
@given(page=pages())
@settings(max_examples=10)
def test_page_xml_keeps_to_its_schema(page):
    file = io.BytesIO()
    FORMATS["page"].write([page], file)

    etree.XMLSchema(etree.parse(PAGE_SCHEMA)).assertValid(
        etree.fromstring(file.getvalue())
    )


def test_the_pictures_of_many_files_are_found_in_a_few_looks(monkeypatch):
    """A folder of words has 400 files, which belong to pictures in folders beside."""
    names = [f"alto/{number}.xml" for number in range(400)]
    names += [f"scans{number % 4}/{number}.png" for number in range(400)]
    looks, is_picture = [], pairs._is_picture
    monkeypatch.setattr(
        pairs, "_is_picture", lambda name: looks.append(name) or is_picture(name)
    )
    listing = NameListing(names)

    found = [
        picture_beside(PurePosixPath(name), "", listing)
        for name in names
        if name.endswith(".xml")
    ]

    expected = [f"scans{number % 4}/{number}.png" for number in range(400)]
    assert [str(path) for path in found] == expected
    assert len(looks) < 4 * len(names)
