"""Searchable PDFs of PDF documents: exported whole, in part, or joined with others."""

import pikepdf
import pypdfium2
import pytest
from pikepdf import Array, Dictionary, Name, NumberTree
from PIL import Image

from ocr_core.exports import pdf
from tests.support.pdf_pages import (
    SCAN,
    add_page,
    book,
    exported,
    new_words,
    opened,
    pdfium_words,
    pixels,
    read_pages,
    reading,
    titles,
)


def labels(content):
    document = pypdfium2.PdfDocument(content)
    return [document.get_page_label(number) for number in range(len(document))]


def link_targets(document):
    """Return for each page the numbers of those that its links lead to."""
    index = {page.objgen: number for number, page in enumerate(document.pages, 1)}
    named = (
        dict(pikepdf.NameTree(document.Root.Names.Dests).items())
        if "/Dests" in document.Root.get("/Names", {})
        else {}
    )
    found = []
    for page in document.pages:
        targets = [link.Dest for link in page.obj.get("/Annots", ())]
        targets = [
            each if isinstance(each, Array) else named[str(each)] for each in targets
        ]
        found.append([index[each[0].objgen] for each in targets])
    return found


def test_a_whole_document_keeps_its_catalogue(tmp_path):
    path = book(tmp_path / "a.pdf")

    content, said = exported(read_pages(path, 1, 2, 3))

    with opened(content) as document:
        assert titles(document) == [("book 1", ("inside",)), ("book 2",), ("book 3",)]
        assert link_targets(document) == [[2, 3], [3, 3], [1, 3]]
        assert document.attachments["notes.txt"].get_file().read_bytes() == (
            b"notes of book"
        )
        assert str(document.Root.Lang) == "en-GB"
        assert str(document.docinfo["/Title"]) == "Title of book"
    assert labels(content) == ["i", "A-7", "A-8"]
    assert said == []
    for number in range(3):
        assert pdfium_words(content, number) == ["new1", "new2"]
        assert (pixels(content, number) == pixels(path, number)).all()


def test_some_pages_keep_what_is_about_them(tmp_path):
    path = book(tmp_path / "a.pdf")

    content, [said] = exported(read_pages(path, 2, 3))

    with opened(content) as document:
        assert titles(document) == [("book 1", ("inside",)), ("book 2",), ("book 3",)]
        assert link_targets(document) == [[2, 2], [2]]
        assert str(document.docinfo["/Title"]) == "Title of book"
        assert b"book 0" not in contents(document)
    assert labels(content) == ["A-7", "A-8"]
    assert said == (
        "a.pdf: bookmarks and links to pages that are not in the PDF were left out "
        "(bookmarks: 0, links: 1)."
    )


def contents(document):
    """Return all streams of a file, whatever leads to them."""
    return b"".join(
        each.read_bytes()
        for each in document.objects
        if isinstance(each, pikepdf.Stream) and "/Width" not in each
    )


def test_the_first_page_alone_loses_the_bookmarks_of_the_others(tmp_path):
    path = book(tmp_path / "a.pdf")

    content, [said] = exported(read_pages(path, 1))

    with opened(content) as document:
        assert titles(document) == [("book 1",)]
        assert link_targets(document) == [[]]
        assert b"book 2" not in contents(document)
    assert labels(content) == ["i"]
    assert said == (
        "a.pdf: bookmarks and links to pages that are not in the PDF were left out "
        "(bookmarks: 3, links: 2)."
    )


def test_documents_that_are_joined_keep_what_leads_to_their_pages(tmp_path):
    one, two = book(tmp_path / "a.pdf"), book(tmp_path / "b.pdf", 2, "other")

    content, [said] = exported([*read_pages(one, 1, 2, 3), *read_pages(two, 1, 2)])

    with opened(content) as document:
        assert titles(document) == [
            ("a.pdf", ("book 1", ("inside",)), ("book 2",), ("book 3",)),
            ("b.pdf", ("other 1", ("inside",)), ("other 2",)),
        ]
        assert link_targets(document) == [[2, 3], [3, 3], [1, 3], [5, 5], [4, 5]]
        assert sorted(document.attachments) == ["notes.txt", "notes.txt_2"]
        assert str(document.Root.Lang) == "en-GB"
    assert labels(content) == ["i", "A-7", "A-8", "i", "A-7"]
    assert said == (
        "Several documents became one PDF, which cannot hold what belongs to one of "
        "them alone: title and other metadata."
    )
    assert pdfium_words(content, 4) == ["new1", "new2"]


def with_form(path, name="name"):
    document = pikepdf.new()
    for number in range(2):
        page = add_page(document, SCAN)
        widget = document.make_indirect(
            Dictionary(
                Type=Name.Annot,
                Subtype=Name.Widget,
                FT=Name.Tx,
                T=f"{name}{number}",
                V=f"value {number}",
                Rect=Array([150, 20, 230, 40]),
                F=4,
            )
        )
        page.Annots = Array([widget])
        if number == 0:
            document.Root.AcroForm = Dictionary(
                Fields=Array(), DA="/Helv 0 Tf 0 g", NeedAppearances=True
            )
        document.Root.AcroForm.Fields.append(widget)
    document.save(path)
    return path


def field_values(document):
    shown = {each.objgen for page in document.pages for each in page.obj.Annots}
    return {
        str(field.T): str(field.V)
        for field in document.Root.AcroForm.Fields
        if field.objgen in shown
    }


def test_a_form_stays_whole_in_part_and_with_others(tmp_path):
    one, two = with_form(tmp_path / "a.pdf"), with_form(tmp_path / "b.pdf")

    whole, _ = exported(read_pages(one, 1, 2))
    part, _ = exported(read_pages(one, 2))
    joined, _ = exported([*read_pages(one, 1, 2), *read_pages(two, 1, 2)])

    with opened(whole) as document:
        assert field_values(document) == {"name0": "value 0", "name1": "value 1"}
    with opened(part) as document:
        assert field_values(document) == {"name1": "value 1"}
        assert len(document.Root.AcroForm.Fields) == 1
    with opened(joined) as document:
        assert field_values(document) == {
            "name0": "value 0",
            "name1": "value 1",
            "name0_2": "value 0",
            "name1_2": "value 1",
        }


def test_what_pages_share_is_kept_once(tmp_path):
    document = pikepdf.new()
    noise = bytes(range(256)) * 40
    scans = Dictionary(
        {
            f"/Scan{number}": document.make_stream(
                bytes([number]) + noise[1:],
                Type=Name.XObject,
                Subtype=Name.Image,
                Width=128,
                Height=80,
                ColorSpace=Name.DeviceGray,
                BitsPerComponent=8,
            )
            for number in range(20)
        }
    )
    shared = document.make_indirect(scans)
    for number in range(20):
        page = add_page(document, f"q 9 0 0 9 0 0 cm /Scan{number} Do Q")
        page.Resources = Dictionary(XObject=shared)
    document.save(tmp_path / "a.pdf", compress_streams=False)

    content, _ = exported(read_pages(tmp_path / "a.pdf", *range(1, 21)))

    assert len(content) < 1.1 * (tmp_path / "a.pdf").stat().st_size


def test_a_page_is_as_large_as_it_was_in_its_own_unit(tmp_path):
    document = pikepdf.new()
    add_page(document, SCAN, UserUnit=5)
    document.save(tmp_path / "a.pdf")

    content, _ = exported(read_pages(tmp_path / "a.pdf", 1))

    with opened(content) as written:
        assert int(written.pages[0].obj.UserUnit) == 5
        assert [int(side) for side in written.pages[0].obj.MediaBox] == [0, 0, 300, 200]


def test_tags_stay_and_that_new_words_have_none_is_said(tmp_path):
    document = pikepdf.new()
    for number in range(2):
        add_page(document, f"/P <</MCID 0>> BDC {SCAN} EMC", StructParents=number)
    root = document.make_indirect(Dictionary(Type=Name.StructTreeRoot))
    tags = [
        document.make_indirect(
            Dictionary(
                Type=Name.StructElem,
                S=Name.P,
                P=root,
                Pg=page.obj,
                K=0,
                Alt=f"page {n}",
            )
        )
        for n, page in enumerate(document.pages, 1)
    ]
    root.K = Array(tags)
    root.ParentTree = Dictionary(Nums=Array([0, Array([tags[0]]), 1, Array([tags[1]])]))
    document.Root.StructTreeRoot = root
    document.Root.MarkInfo = Dictionary(Marked=True)
    document.save(tmp_path / "a.pdf")

    whole, said = exported(read_pages(tmp_path / "a.pdf", 1, 2))
    part, _ = exported(read_pages(tmp_path / "a.pdf", 2))

    assert said == ["a.pdf: its tags are kept; the words of the text layer have none."]
    with opened(whole) as written:
        assert len(written.Root.StructTreeRoot.K) == 2
        assert bool(written.Root.MarkInfo.Marked)
    with opened(part) as written:
        [tag] = written.Root.StructTreeRoot.K
        assert str(tag.Alt) == "page 2"
        assert tag.Pg.objgen == written.pages[0].objgen
        assert list(NumberTree(written.Root.StructTreeRoot.ParentTree)) == [1]


def test_a_page_that_cannot_be_taken_over_becomes_a_picture(tmp_path, monkeypatch):
    path = book(tmp_path / "a.pdf")
    sound = pdf.layers.find_text

    def damaged(source, page, number):
        if number == 2:
            raise pikepdf.PdfError
        return sound(source, page, number)

    monkeypatch.setattr(pdf.layers, "find_text", damaged)

    content, said = exported(read_pages(path, 1, 2, 3))

    assert said == [
        "a.pdf: page 2 could not be copied; the PDF contains a picture of it."
    ]
    assert labels(content) == ["i", "A-7", "A-8"]
    with opened(content) as document:
        assert link_targets(document)[0] == [2, 3]
    assert pdfium_words(content, 1) == ["new1", "new2"]
    assert abs(pixels(content, 1).mean() - pixels(path, 1).mean()) < 2


def test_a_font_of_an_earlier_export_is_not_taken_for_the_new_one(tmp_path):
    path = book(tmp_path / "a.pdf")
    first, _ = exported(read_pages(path, 1, 2, 3))
    (tmp_path / "b.pdf").write_bytes(first)
    again = [
        reading(tmp_path / "b.pdf", [("später", (80, 178, 40, 24))], 1),
        reading(tmp_path / "b.pdf", [], 2),
        reading(tmp_path / "b.pdf", [("zuletzt", (80, 178, 40, 24))], 3),
    ]

    content, _ = exported(again)

    assert pdfium_words(content, 0) == ["später"]
    assert pdfium_words(content, 1) == ["new1", "new2"]
    assert pdfium_words(content, 2) == ["zuletzt"]
    assert len(content) < len(first) + 3000


def test_many_parts_and_documents_are_gathered_on_the_way(tmp_path, monkeypatch):
    monkeypatch.setattr(pdf, "PAGES_A_PART", 1)
    monkeypatch.setattr(pdf, "PARTS_OPEN", 2)
    paths = [book(tmp_path / f"{n}.pdf", 3, f"book{n}") for n in range(5)]

    content, _ = exported([p for path in paths for p in read_pages(path, 1, 2, 3)])

    with opened(content) as document:
        assert [each[0] for each in titles(document)] == [f"{n}.pdf" for n in range(5)]
        assert link_targets(document)[12:] == [[14, 15], [15, 15], [13, 15]]
    assert labels(content) == ["i", "A-7", "A-8"] * 5


def test_pictures_and_documents_go_together(tmp_path):
    Image.new("L", (600, 400), 200).save(tmp_path / "p.png")
    path = book(tmp_path / "a.pdf")

    content, _ = exported(
        [reading(tmp_path / "p.png", new_words()), *read_pages(path, 1, 2, 3)]
    )

    assert labels(content) == ["1", "i", "A-7", "A-8"]
    with opened(content) as document:
        assert link_targets(document) == [[], [3, 4], [4, 4], [2, 4]]
    assert pdfium_words(content, 0) == ["new1", "new2"]


def test_a_fax_with_pixels_that_are_not_square_has_the_page_of_its_paper(tmp_path):
    """It was read on a page with square pixels: twice as high as it is stored."""
    Image.new("L", (600, 200), 200).save(tmp_path / "fax.png")

    content, _ = exported([reading(tmp_path / "fax.png", new_words(), size=(600, 400))])

    page = pypdfium2.PdfDocument(content)[0]
    assert page.get_size() == pytest.approx((300, 200))
    assert pdfium_words(content) == ["new1", "new2"]
