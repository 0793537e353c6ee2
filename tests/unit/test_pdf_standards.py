"""PDF features that an export changes: layers, PDF/A, signatures, encryption."""

import pikepdf
import pypdfium2
import pytest
from pikepdf import Array, Dictionary, Name

from ocr_core.errors import InputError
from tests.support.pdf_pages import (
    SCAN,
    TEXT,
    add_page,
    book,
    exported,
    opened,
    pdfium_words,
    pixels,
    read_pages,
    reading,
    titles,
)


def with_layer(path, base="ON"):
    document = pikepdf.new()
    page = add_page(document, f"{SCAN} /OC /Stamp BDC 0 g 100 20 90 90 re f EMC")
    group = document.make_indirect(Dictionary(Type=Name.OCG, Name="stamp"))
    page.Resources.Properties = Dictionary(Stamp=group)
    state = Dictionary(Order=Array([group]), BaseState=Name(f"/{base}"))
    if base == "ON":
        state.OFF = Array([group])
    document.Root.OCProperties = Dictionary(OCGs=Array([group]), D=state)
    document.save(path)
    return path


@pytest.mark.parametrize("base", ["ON", "OFF"])
def test_what_a_layer_hides_stays_hidden_among_other_documents(tmp_path, base):
    paths = [with_layer(tmp_path / f"{n}.pdf", base) for n in "ab"]

    content, _ = exported([page for path in paths for page in read_pages(path, 1)])

    for number, path in enumerate(paths):
        assert (pixels(content, number) == pixels(path)).all()


def with_claim(path, content=SCAN):
    document = pikepdf.new()
    add_page(document, content)
    with document.open_metadata(set_pikepdf_as_editor=False) as metadata:
        metadata["dc:title"] = "Kept"
        metadata["pdfaid:part"] = "2"
        metadata["pdfaid:conformance"] = "B"
    document.save(path)
    return path


def test_a_claim_to_conform_to_pdf_a_is_given_up_where_the_file_changed(tmp_path):
    path = with_claim(tmp_path / "a.pdf")

    content, said = exported(read_pages(path, 1))

    with opened(content) as document:
        metadata = document.open_metadata()
        assert "pdfaid:part" not in metadata
        assert metadata["dc:title"] == "Kept"
    assert said == ["a.pdf: it no longer claims to conform to PDF/A."]


def test_a_document_that_gains_nothing_stays_as_it_is(tmp_path):
    path = with_claim(tmp_path / "a.pdf", TEXT)
    blank = [reading(path, [], status="blank")]

    content, said = exported(blank)

    assert content == path.read_bytes()
    assert said == []


def test_a_signature_that_no_longer_holds_is_named(tmp_path):
    document = pikepdf.new()
    page = add_page(document, SCAN)
    signature = document.make_indirect(
        Dictionary(
            Type=Name.Annot,
            Subtype=Name.Widget,
            FT=Name.Sig,
            T="signed",
            V=Dictionary(Type=Name.Sig, ByteRange=Array([0, 1, 2, 3])),
            Rect=Array([0, 0, 0, 0]),
        )
    )
    page.Annots = Array([signature])
    document.Root.AcroForm = Dictionary(Fields=Array([signature]), SigFlags=3)
    document.save(tmp_path / "a.pdf")

    _, said = exported(read_pages(tmp_path / "a.pdf", 1))

    assert said == [
        "a.pdf: its signature is no longer valid, because the file was changed."
    ]


def test_a_document_that_only_its_owner_may_change_leaves_without_encryption(tmp_path):
    document = pikepdf.open(book(tmp_path / "plain.pdf"))
    document.save(tmp_path / "a.pdf", encryption=pikepdf.Encryption(owner="secret"))

    content, said = exported(read_pages(tmp_path / "a.pdf", 1, 2, 3))

    with opened(content) as written:
        assert not written.is_encrypted
        assert titles(written)[0][0] == "book 1"
    assert pdfium_words(content) == ["new1", "new2"]
    assert said == ["a.pdf: it was encrypted, and the PDF that was written is not."]


def test_a_document_that_nobody_may_open_is_left_out(tmp_path):
    document = pikepdf.open(book(tmp_path / "a.pdf"))
    locked = pikepdf.Encryption(owner="secret", user="secret")
    document.save(tmp_path / "locked.pdf", encryption=locked)
    failed = reading(tmp_path / "locked.pdf", [], size=(0, 0), status="failed")

    content, _ = exported([failed, *read_pages(tmp_path / "a.pdf", 1, 2, 3)])

    assert len(pypdfium2.PdfDocument(content)) == 3
    with pytest.raises(InputError, match="No page could be opened"):
        exported([failed])
