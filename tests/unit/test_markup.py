"""hOCR, ALTO and TEI: they contain what was read."""

import io
import os
import re
from itertools import groupby
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from ocr_core.errors import OutputError
from ocr_core.exports import FORMATS, atomic_write
from ocr_core.page import PageRef, PageResult, Word
from tests.support.export_samples import taken_before_the_first_write

# Foreign schemas beside the checkout, or in a folder named by OCR_TEST_DATA.
DATA = Path(
    os.environ.get("OCR_TEST_DATA") or Path(__file__).parents[3] / "shared" / "data"
)
SCHEMA = DATA / "schemas" / "alto-4-4.xsd"
XHTML = "{http://www.w3.org/1999/xhtml}"
ALTO = "{http://www.loc.gov/standards/alto/ns-v4#}"
TEXTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"),
    min_size=1,
    max_size=8,
)


@st.composite
def pages(draw):
    """Draw a page whose words stand in blocks, paragraphs and lines."""
    rows = []
    line_keys = st.lists(st.tuples(*[st.integers(1, 3)] * 3), max_size=9, unique=True)
    for line_key in sorted(draw(line_keys)):
        for number in range(1, draw(st.integers(1, 3)) + 1):
            box = [draw(st.integers(0, 400)), draw(st.integers(0, 400))]
            size = [draw(st.integers(1, 90)), draw(st.integers(1, 90))]
            conf = draw(st.integers(0, 10_000)) / 100
            rows.append(Word(*line_key, number, *box, *size, conf, draw(TEXTS)))
    ref = PageRef("/scans/a.png", draw(st.integers(1, 9)), source_file=draw(TEXTS))
    return PageResult(ref, tuple(rows), (500, 500), 300, language="eng+deu")


def page(*texts, **more):
    rows = tuple(
        Word(1, 1, 1, n, 10 * n, 20, 9, 12, 90.5, text) for n, text in enumerate(texts)
    )
    given = {"ref": PageRef("/scans/page.png"), "size": (200, 100), **more}
    return PageResult(rows=rows, **given)


def written(form, results):
    file = io.BytesIO()
    FORMATS[form].write(results, file)
    return file.getvalue()


def parsed(form, results):
    return etree.fromstring(written(form, results))


def box_of(element):
    return [
        int(n) for n in re.search(r"bbox ([\d ]+)", element.get("title"))[1].split()
    ]


def of_class(root, name):
    return [each for each in root.iter() if each.get("class") == name]


def lines(results):
    """Return each line of the results as its words' texts."""
    return [
        [word.text for word in line]
        for result in results
        for _, line in groupby(result.rows, key=lambda word: word[:3])
    ]


@given(st.lists(pages(), max_size=3))
def test_words_come_back_from_hocr_as_they_were(results):
    root = parsed("hocr", results)

    found = of_class(root, "ocrx_word")
    words = [word for result in results for word in result.rows]
    assert [each.text for each in found] == [word.text for word in words]
    assert [box_of(each) for each in found] == [
        [w.left, w.top, w.left + w.width, w.top + w.height] for w in words
    ]
    confs = [float(each.get("title").split("x_wconf ")[1]) for each in found]
    assert confs == [word.conf for word in words]
    spelled = [[word.text for word in line] for line in of_class(root, "ocr_line")]
    assert spelled == lines(results)


@given(st.lists(pages(), max_size=3))
def test_words_come_back_from_alto_as_they_were(results):
    root = parsed("alto", results)

    found = list(root.iter(f"{ALTO}String"))
    words = [word for result in results for word in result.rows]
    assert [each.get("CONTENT") for each in found] == [word.text for word in words]
    assert [
        [int(each.get(name)) for name in ("HPOS", "VPOS", "WIDTH", "HEIGHT")]
        for each in found
    ] == [list(word[4:8]) for word in words]
    confs = [float(each.get("WC")) * 100 for each in found]
    assert confs == pytest.approx([word.conf for word in words], abs=1e-6)
    spelled = [
        [each.get("CONTENT") for each in line.iter(f"{ALTO}String")]
        for line in root.iter(f"{ALTO}TextLine")
    ]
    assert spelled == lines(results)


@pytest.mark.skipif(not SCHEMA.exists(), reason="the ALTO schema is not here")
@given(st.lists(pages(), min_size=1, max_size=3))
def test_alto_obeys_its_schema(results):
    failed = page(status="failed", error="It is torn \0.", size=(0, 0))

    schema().assertValid(parsed("alto", [*results, failed]))


def schema():
    """Return the ALTO schema; what it imports lies beside it, nothing is fetched."""

    class Beside(etree.Resolver):
        def resolve(self, address, name, context):
            local = SCHEMA.parent / address.rsplit("/", 1)[-1]
            return self.resolve_filename(str(local), context)

    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(Beside())
    return etree.XMLSchema(etree.parse(SCHEMA, parser))


@given(st.lists(pages(), min_size=1, max_size=3))
def test_hocr_is_xhtml_whose_boxes_hold_their_words(results):
    root = parsed("hocr", results)

    names = [each.get("id") for each in root.iter() if each.get("id")]
    assert len(names) == len(set(names))
    assert root.tag == f"{XHTML}html"
    assert [each.tag for each in root] == [f"{XHTML}head", f"{XHTML}body"]
    tree = ["ocr_page", "ocr_carea", "ocr_par", "ocr_line", "ocrx_word"]
    for inner, outer in zip(tree[2:], tree[1:], strict=False):
        for each in of_class(root, inner):
            assert each.getparent().get("class") == outer
            x0, y0, x1, y1 = box_of(each)
            left, top, right, bottom = box_of(each.getparent())
            assert (left <= x0, top <= y0, x1 <= right, y1 <= bottom) == (True,) * 4


def test_hocr_tells_a_page_and_its_scan():
    ref = PageRef("/scans/c.png", 3, source_file='a "b"\\c.png')
    root = parsed("hocr", [page("a", dpi=300, ref=ref)])

    [found] = of_class(root, "ocr_page")
    assert found.get("title") == (
        r'image "a \"b\"\\c.png"; bbox 0 0 200 100; ppageno 2; scan_res 300 300'
    )
    about = {
        each.get("name"): each.get("content") for each in root.iter(f"{XHTML}meta")
    }
    assert about["ocr-system"].startswith("ocr-core ")
    assert "ocrx_word" in about["ocr-capabilities"]


@pytest.mark.parametrize("form", ["hocr", "alto"])
def test_a_page_that_was_not_read_keeps_its_place(form):
    failed = page(status="failed", error="It is torn.", size=(0, 0))
    results = [page("a"), failed, page("b")]

    root = parsed(form, results)

    count = len(of_class(root, "ocr_page")) or len(list(root.iter(f"{ALTO}Page")))
    assert count == 3


@pytest.mark.parametrize("form", ["hocr", "alto"])
def test_what_no_xml_may_hold_is_replaced(form):
    root = parsed(form, [page("a\0b\x1b\ufffe", ref=PageRef("/x/\ud800\x07.png"))])

    found = [each.text for each in of_class(root, "ocrx_word")]
    found += [each.get("CONTENT") for each in root.iter(f"{ALTO}String")]
    assert found == ["a\ufffdb\ufffd\ufffd"]


@pytest.mark.parametrize("form", ["hocr", "alto"])
def test_pages_are_written_as_they_come(form):
    pages = [page(*["x" * 2000] * 40)] * 5

    assert taken_before_the_first_write(form, pages) < 5


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is full")
@pytest.mark.parametrize("form", ["hocr", "alto", "parquet"])
def test_a_full_disk_is_named(form):
    with (
        pytest.raises(OutputError, match="no space left"),
        atomic_write("/dev/full") as f,
    ):
        FORMATS[form].write([page(*["word"] * 3000)] * 9, f)


def test_tei_holds_the_text_with_its_pages_lines_and_places():
    words = (
        Word(1, 1, 1, 1, 10, 20, 30, 12, 90, "Two"),
        Word(1, 1, 1, 2, 50, 20, 30, 12, 50, "words"),
        Word(1, 1, 2, 1, 10, 40, 30, 12, 90, "here"),
    )
    page = PageResult(PageRef("a.png", 3), words, (100, 90), language="deu")
    file = io.BytesIO()

    FORMATS["tei"].write([page], file)

    tei = {"t": "http://www.tei-c.org/ns/1.0"}
    root = etree.fromstring(file.getvalue())
    [surface] = root.xpath("//t:surface", namespaces=tei)
    assert [surface.get(side) for side in ("lrx", "lry")] == ["100", "90"]
    assert "".join(root.find(".//t:body", tei).itertext()) == "Two words\nhere"
    [doubtful] = root.xpath("//t:w[@cert='low']", namespaces=tei)
    [zone] = root.xpath(
        f"//t:zone[@xml:id='{doubtful.get('facs')[1:]}']", namespaces=tei
    )
    assert [zone.get(side) for side in ("ulx", "uly", "lrx", "lry")] == [
        *("50", "20", "80", "32")
    ]
    assert len(root.xpath("//t:lb", namespaces=tei)) == 2


def test_tei_of_no_page_has_the_parts_that_tei_requires():
    file = io.BytesIO()

    FORMATS["tei"].write([], file)

    root = etree.fromstring(file.getvalue())
    tags = [etree.QName(each).localname for each in root.iter()]
    assert tags[:4] == ["TEI", "teiHeader", "fileDesc", "titleStmt"]
    assert tags[-3:] == ["text", "body", "p"]
