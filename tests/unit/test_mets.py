"""METS: pages in the order and with the files that a library's METS file lists."""

import gzip
import zipfile
from contextlib import nullcontext
from pathlib import Path

import pytest

from app.session.arrival import add_files
from ocr_core import Settings, open_document, recognize_page
from ocr_core.documents import documents_in, load_page, picture_of, survey
from ocr_core.documents.discovery import find_documents
from ocr_core.documents.splitting import split_documents
from ocr_core.errors import InputError
from ocr_core.page import PageRef
from tests.support.app_pages import png

PAGE_XML = (
    '<PcGts xmlns="http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15">'
    '<Page imageFilename="{image}" imageWidth="640" imageHeight="200"><TextRegion '
    'id="r"><Coords points="0,0 90,0 90,20"/><TextLine id="l"><Coords '
    'points="0,0 90,0 90,20 0,20"/><TextEquiv><Unicode>{text}</Unicode></TextEquiv>'
    "</TextLine></TextRegion></Page></PcGts>"
)
ALTO = (
    '<alto xmlns="http://www.loc.gov/standards/alto/ns-v2#"><Description>'
    "<MeasurementUnit>mm10</MeasurementUnit></Description><Layout><Page ID='p' "
    'PHYSICAL_IMG_NR="1" HEIGHT="200" WIDTH="640"><PrintSpace><TextBlock ID="b">'
    '<TextLine><String HPOS="10" VPOS="20" WIDTH="30" HEIGHT="20" CONTENT="{text}" '
    'WC="0.9"/></TextLine></TextBlock></PrintSpace></Page></Layout></alto>'
)


def mets(groups, pages, *, pointer='<fptr FILEID="{}"/>', order=False):
    """Return a METS file.

    `groups` has the links of each file group by identifier, `pages` a label and the
    identifiers of the files of each page.
    """
    sections = "".join(
        f'<mets:fileGrp USE="{use}">'
        + "".join(
            f'<mets:file ID="{name}"><mets:FLocat LOCTYPE="URL" xlink:href="{link}"/>'
            "</mets:file>"
            for name, link in links.items()
        )
        + "</mets:fileGrp>"
        for use, links in groups.items()
    )
    divisions = "".join(
        f'<mets:div TYPE="page" ORDERLABEL="{label}"'
        + (f' ORDER="{number}"' if order else "")
        + ">"
        + "".join(pointer.format(name).replace("<", "<mets:") for name in names)
        + "</mets:div>"
        for number, (label, names) in enumerate(pages, start=1)
    ).replace("<mets:/", "</mets:")
    return (
        '<mets:mets xmlns:mets="http://www.loc.gov/METS/" '
        f'xmlns:xlink="http://www.w3.org/1999/xlink"><mets:fileSec>{sections}'
        '</mets:fileSec><mets:structMap TYPE="LOGICAL"><mets:div TYPE="book"/>'
        '</mets:structMap><mets:structMap TYPE="PHYSICAL"><mets:div '
        f'TYPE="physSequence">{divisions}</mets:div></mets:structMap></mets:mets>'
    )


def ocr_d():
    """The pages iv and v, whose files are named the other way round, in OCR-D's way."""
    groups = {
        "OCR-D-IMG": {"i1": "OCR-D-IMG/a.png", "i2": "OCR-D-IMG/b.png"},
        "OCR-D-SEG": {"s1": "OCR-D-SEG/s_a.xml"},
        "OCR-D-OCR": {"o1": "OCR-D-OCR/o_a.xml", "o2": "OCR-D-OCR/o_b.xml"},
    }
    return {
        "mets.xml": mets(groups, [("iv", ["i2", "o2"]), ("v", ["i1", "s1", "o1"])]),
        "OCR-D-IMG/a.png": png(),
        "OCR-D-IMG/b.png": png(),
        "OCR-D-SEG/s_a.xml": PAGE_XML.format(image="OCR-D-IMG/a.png", text="early"),
        "OCR-D-OCR/o_a.xml": PAGE_XML.format(image="OCR-D-IMG/a.png", text="fifth"),
        "OCR-D-OCR/o_b.xml": PAGE_XML.format(image="OCR-D-IMG/b.png", text="fourth"),
    }


def kitodo():
    """ALTO and pictures that share no name; thumbnails; divisions in another order."""
    groups = {
        "DEFAULT": {"i1": "jpgs/max/8.png", "i2": "jpgs/max/9.png"},
        "THUMBS": {"t1": "jpgs/thumb/8.png", "t2": "jpgs/thumb/9.png"},
        "FULLTEXT": {"f1": "ocr/x%201.xml", "f2": "ocr/y.xml"},
        "DOWNLOAD": {"d": "https://example.org/all.pdf"},
    }
    pages = [("iv", ["t1", "i1", "f1", "d"]), ("v", ["i2", "t2", "f2"])]
    return {
        "meta.xml": mets(groups, pages, order=True),
        "jpgs/max/8.png": png(),
        "jpgs/max/9.png": png(),
        "jpgs/thumb/8.png": b"small",
        "jpgs/thumb/9.png": b"small",
        "ocr/x 1.xml": ALTO.format(text="fourth"),
        "ocr/y.xml": ALTO.format(text="fifth"),
    }


def doc_works():
    """Links that begin with file://, and pointers inside areas."""
    groups = {
        "IMGGRP": {"i1": "file://./img/p1.png", "i2": "file://./img/p2.png"},
        "ALTOGRP": {"a1": "file://./alto/t1.xml", "a2": "file://./alto/t2.xml"},
    }
    pages = [("iv", ["i1", "a1"]), ("v", ["i2", "a2"])]
    area = '<fptr><par><area FILEID="{}"/></par></fptr>'
    return {
        "mets.xml": mets(groups, pages, pointer=area),
        "img/p1.png": png(),
        "img/p2.png": png(),
        "alto/t1.xml": ALTO.format(text="fourth"),
        "alto/t2.xml": ALTO.format(text="fifth"),
    }


def areas():
    """Pages that are divided into areas, and whose words were packed later."""
    pages = [("iv", ["i1", "a1"]), ("v", ["i2", "a2"])]
    groups = {
        "IMG": {"i1": "img/p1.png", "i2": "img/p2.png"},
        "ALTO": {"a1": "alto/t1.xml", "a2": "alto/t2.xml.gz"},
    }
    area = '<div TYPE="pagearea"><fptr><area FILEID="{0}"/></fptr></div>'
    return {
        "mets.xml": mets(groups, pages, pointer='<fptr FILEID="{0}"/>' + 2 * area),
        "img/p1.png": png(),
        "img/p2.png": png(),
        "alto/t1.xml.gz": gzip.compress(ALTO.format(text="fourth").encode()),
        "alto/t2.xml.gz": gzip.compress(ALTO.format(text="fifth").encode()),
    }


def laid(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def packed(path, files, below=""):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(below + name, content)
    return path


def pages_of(path):
    """Return the text, notes and source of each page, and the size of its picture."""
    found = []
    for ref in open_document(path):
        result = recognize_page(ref, Settings())
        codes = [note.code for note in result.notes]
        found.append((result.text, codes, result.source, load_page(ref).size))
    return found


def goobi():
    """Addresses and paths of a server, whose files were copied; and its own address."""
    server, disk = "https://example.org/api/7", "file:///opt/goobi/metadata/7"
    groups = {
        "MAX": {
            "i1": f"{server}/images/p%201.png/full/max/0/default.jpg",
            "i2": f"{disk}/images/p2.png",
        },
        "FULLTEXT": {"a1": f"{server}/alto/t1.xml?v=2", "a2": f"{disk}/alto/t2.xml"},
        "SELF": {"m": f"{server}/mets.xml"},
    }
    return {
        "mets.xml": mets(groups, [("iv", ["i1", "a1"]), ("v", ["i2", "a2"])]),
        "images/p 1.png": png(),
        "images/p2.png": png(),
        "t1.xml": ALTO.format(text="fourth"),
        "7/alto/t2.xml": ALTO.format(text="fifth"),
    }


SHAPES = [ocr_d, kitodo, doc_works, areas, goobi]


@pytest.mark.parametrize("files", SHAPES)
def test_a_folder_with_a_mets_file_is_one_document_in_its_order(tmp_path, files):
    laid(tmp_path / "diary", files())

    found, skipped = find_documents([tmp_path])

    assert [ref.doc_id for ref in found] == ["diary"]
    assert skipped == 0
    pages = pages_of(found[0])
    assert [text for text, *_ in pages] == ["fourth", "fifth"]
    assert {source for _, _, source, _ in pages} == {"imported"}
    assert all("page-label" in codes for _, codes, *_ in pages)
    assert not any("no-picture" in codes for _, codes, *_ in pages)
    assert {size for *_, size in pages} == {(640, 200)}


@pytest.mark.parametrize("files", SHAPES)
@pytest.mark.parametrize("below", ["", "diary/"])
def test_the_same_folder_in_a_zip_is_the_same_document(tmp_path, files, below):
    path = packed(tmp_path / "diary.zip", files(), below)

    [found] = documents_in(PageRef(str(path), 0))

    assert found.doc_id == "diary"
    assert [text for text, *_ in pages_of(found)] == ["fourth", "fifth"]


def test_the_label_of_a_page_is_named(tmp_path):
    laid(tmp_path, ocr_d())

    [first, _] = open_document(tmp_path / "mets.xml")

    notes = recognize_page(first, Settings()).notes
    assert "The page is labelled iv in the METS file." in [str(n.text) for n in notes]


def test_two_volumes_in_a_zip_are_two_documents_and_stay_so_when_split(tmp_path):
    volumes = {f"one/{name}": content for name, content in ocr_d().items()}
    volumes |= {f"two/{name}": content for name, content in kitodo().items()}
    path = packed(tmp_path / "all.zip", volumes | {"alone.png": png()})
    ref = PageRef(str(path), 0)

    found = documents_in(ref)
    split = split_documents(ref, str(tmp_path))

    assert sorted(each.doc_id for each in found) == ["alone", "one", "two"]
    assert sorted(each.label for each in split) == ["alone.png", "one.cbz", "two.cbz"]
    [book] = [each for each in split if each.label == "two.cbz"]
    again = PageRef(book.path, 0, source_file=book.label)
    assert [text for text, *_ in pages_of(again)] == ["fourth", "fifth"]


def test_a_folder_dropped_into_the_app_is_one_document(tmp_path):
    added = {}

    class Project:
        adding_many = nullcontext

        def add(self, key, label, content):
            added[label] = content

    files = kitodo() | {"other/1.png": png()}
    dropped = [
        (str(number), f"diary/{name}", c if isinstance(c, bytes) else c.encode())
        for number, (name, c) in enumerate(files.items())
    ]
    add_files(Project(), dropped)

    assert sorted(added) == ["diary.cbz", "diary/other/1.png"]
    (tmp_path / "diary.cbz").write_bytes(added["diary.cbz"])
    pages = pages_of(tmp_path / "diary.cbz")
    assert [text for text, *_ in pages] == ["fourth", "fifth"]


@pytest.mark.parametrize(
    "link",
    [
        "https://example.org/1.xml",
        "file:///etc/passwd",
        "/etc/passwd",
        "../outside.xml",
        "a/../../outside.xml",
        "link.xml",
    ],
)
def test_nothing_outside_the_folder_is_opened(tmp_path, link):
    (tmp_path / "outside.xml").write_text(ALTO.format(text="secret"))
    laid(tmp_path / "in", {"mets.xml": mets({"F": {"f": link}}, [("1", ["f"])])})
    (tmp_path / "in" / "link.xml").symlink_to(tmp_path / "outside.xml")

    with pytest.raises(InputError, match="names no file") as refused:
        list(open_document(tmp_path / "in" / "mets.xml"))

    assert "No address is opened" in str(refused.value.hint)


def test_a_page_whose_file_is_missing_fails_alone(tmp_path):
    files = ocr_d()
    for name in ("OCR-D-OCR/o_a.xml", "OCR-D-SEG/s_a.xml", "OCR-D-IMG/a.png"):
        del files[name]
    laid(tmp_path, files)

    first, second = open_document(tmp_path / "mets.xml")

    assert recognize_page(first, Settings()).text == "fourth"
    with pytest.raises(InputError, match="which the METS file names"):
        recognize_page(second, Settings())


def test_the_digest_follows_the_files_that_are_listed(tmp_path):
    laid(tmp_path, ocr_d())
    before = survey(tmp_path / "mets.xml")
    (tmp_path / "other").mkdir()
    laid(tmp_path / "other", ocr_d())
    changed = PAGE_XML.format(image="OCR-D-IMG/a.png", text="sixth")
    (tmp_path / "other" / "OCR-D-OCR" / "o_a.xml").write_text(changed)

    after = survey(tmp_path / "other" / "mets.xml")

    assert before.pages == after.pages == 2
    assert before.sha256 != after.sha256


def test_the_picture_is_the_one_that_the_recorded_ocr_names(tmp_path):
    files = ocr_d()
    groups = {
        "OCR-D-IMG": {"i": "OCR-D-IMG/a.png"},
        "OCR-D-BIN": {"b": "OCR-D-BIN/a_cut.png"},
        "OCR-D-OCR": {"o": "OCR-D-OCR/o_a.xml"},
    }
    files["mets.xml"] = mets(groups, [("1", ["i", "b", "o"])])
    files["OCR-D-BIN/a_cut.png"] = png() + b"larger"
    laid(tmp_path, files)

    [ref] = open_document(tmp_path / "mets.xml")

    picture = picture_of(ref)
    assert picture is not None
    assert load_page(ref).size == (640, 200)
    assert Path(picture.path).read_bytes() == files["OCR-D-IMG/a.png"]
