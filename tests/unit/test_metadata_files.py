"""Metadata from workbooks, which are decoded in a worker process."""

import base64
import zipfile
import zlib
from datetime import date

import pytest
import xlsxwriter

from ocr_core.errors import InputError
from ocr_core.execution.metadata_files import read_metadata
from ocr_core.processes.pool import Pool

pytest.importorskip("python_calamine", reason="python-calamine is not installed")


TABLE = {
    "year": {"a.png": "1890", "b.png": "1891"},
    "printed": {"a.png": "1901-03-01", "b.png": ""},
    "paper": {"a.png": "Häfen", "b.png": "Tide"},
}
# TABLE as xlwt 1.3 writes it, compressed.
XLS = (
    "c-rk)O=wd=5dQY%r)g-Lq^3eEEumo5+A8A3OB)rmf>^2uiWD?8uM*n6hDR>(pw-%opa`B6FNJ#"
    "0L)D8vsGv6wLPZaPAf)Qelc3<C&2whnM%!AU0WCz{7j|}cW@mP?vpa9!do>d)Ox|mn#S(PGhoV"
    "!B-~yhaQeEmqL2}38W~mNQaXeHMszVgWU;vM6UsiDpIo`7{aM%BwDDZ(wKeFf@wammSVz>B^Qt"
    "U$)QH2}CsY9c9RWJ0U&^1Eu$jB!`cM9i{&@LKVP{%Nn>}}tnckxl9Rb+KwyAMR?op83H0WWwLp"
    "S_~ou>tI|GpXSU6SVkiFa-)|k7=1U_anH8Fpwv7j*N7s(*?vS*i-oCB!I7_Q~fOA@mH6xK>Y8E"
    "`Bi`5hbV|k`Bx1;Fb3y@9Fhr2&|CfPUdYX1zvN_H1~bE^l^QWgoHtW8?T)OSv2tcQK&@2Pw5d*"
    "Q$y%qV-uG$Hw5T57J}Df|q|Gp=e@Pe7Md_kej!_NKG$PWD$zh7pq;t2vygo3{mpm?<F>%FxkgR"
    "9F;oux=kaC?!d_q~$E*hJKo)@d@q}?PmPCK3Iw!Q}4*gGy`E{L>^=GiWIliaYNy^-1zpASB4nf"
    "RF8MD6LG+0*gqx5-Jg(z>NdpMT@%P#x;}HO8Z4sa87aycgQ|TLKChQSG~<pOz8K^N}OOgt|Rm9"
    "rd$k=(TctKI-|jEwzj-CAN5Vo{~38Y+Y>Tba*?+w%jpnC7`Vs%UChQ3P<jY5!Ug#+zc&aZ4Pa>"
    "QIGpPl+x)hgyF%12M-=Rc<|t%qM_sx>R!D0Vj0kv`YQchXP!#Y`%LoR;t)pZm!p@;J+P>@kuPi"
    "itVKYTY^fFMl)e`-j?nBjhA<$043)iq>7`69{68yJjQ+hNRPOx6a{T<q^Zx+Uz~W*"
)
# TABLE as LibreOffice writes it, to the last row and column of the sheet.
ODS = """<office:document-content
 xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body>
<office:spreadsheet><table:table table:name="t">{}<table:table-row
 table:number-rows-repeated="1048571"><table:table-cell
 table:number-columns-repeated="16384"/></table:table-row></table:table>
</office:spreadsheet></office:body></office:document-content>"""
MANIFEST = (
    '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:'
    'manifest:1.0"/>'
)


def ods_cell(value):
    kinds = {int: ("float", "value"), date: ("date", "date-value")}
    if not value:
        return "<table:table-cell/>"
    kind, attribute = kinds.get(type(value), ("string", "string-value"))
    return (
        f'<table:table-cell office:value-type="{kind}" office:{attribute}="{value}">'
        f"<text:p>{value}</text:p></table:table-cell>"
    )


def write_ods(path):
    rows = (
        ("filename", "year", "printed", "paper"),
        ("a.png", 1890, date(1901, 3, 1), "Häfen"),
        ("b.png", 1891, None, "Tide"),
    )
    cells = ("".join(map(ods_cell, row)) for row in rows)
    drawn = "".join(f"<table:table-row>{each}</table:table-row>" for each in cells)
    with zipfile.ZipFile(path, "w") as ods:
        ods.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        ods.writestr("META-INF/manifest.xml", MANIFEST)
        ods.writestr("content.xml", ODS.format(drawn))


@pytest.fixture(scope="module")
def pool():
    with Pool(1) as pool:
        yield pool


def workbook(path, *rows):
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet()
    for n, row in enumerate(rows):
        for m, cell in enumerate(row):
            if isinstance(cell, date):
                sheet.write_datetime(
                    n, m, cell, book.add_format({"num_format": "yyyy-mm-dd"})
                )
            else:
                sheet.write(n, m, cell)
    book.close()


def test_the_first_sheet_of_a_workbook_is_taken_by_its_content(tmp_path, pool):
    path = tmp_path / "table.csv"  # the content counts, not the name
    workbook(
        path,
        ("Filename", "year", "printed", "price", "paper"),
        ("a.png", 1890, date(1901, 3, 1), 2.5, " Tide "),
        ("", "", "", "", ""),
        ("b.png", 1891, "", 3, "Häfen & Sea"),
    )

    assert read_metadata(path, pool) == {
        "year": {"a.png": "1890", "b.png": "1891"},
        "printed": {"a.png": "1901-03-01", "b.png": ""},
        "price": {"a.png": "2.5", "b.png": "3"},
        "paper": {"a.png": "Tide", "b.png": "Häfen & Sea"},
    }


def test_workbooks_of_other_programs_are_taken(tmp_path, pool):
    write_ods(tmp_path / "table.ods")
    (tmp_path / "table.xls").write_bytes(zlib.decompress(base64.b85decode(XLS)))

    assert read_metadata(tmp_path / "table.ods", pool) == TABLE
    assert read_metadata(tmp_path / "table.xls", pool) == TABLE


def test_csv_is_taken_as_before(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("doc_id;year\na;1890\n")

    assert read_metadata(path) == {"year": {"a": "1890"}}


@pytest.mark.parametrize(
    "content", [b"PK\x03\x04 no zip", b"\xd0\xcf\x11\xe0 no table"]
)
def test_what_is_no_workbook_is_refused(tmp_path, pool, content):
    path = tmp_path / "table.xlsx"
    path.write_bytes(content)

    with pytest.raises(InputError, match="is not a workbook"):
        read_metadata(path, pool)


def test_a_workbook_without_documents_is_refused(tmp_path, pool):
    path = tmp_path / "table.xlsx"
    workbook(path, ("year",), (1890,))

    with pytest.raises(InputError, match="no column doc_id"):
        read_metadata(path, pool)


@pytest.mark.parametrize(
    "day", [date(1899, 12, 30), date(1890, 1, 2), date(1848, 2, 24), date(1583, 1, 1)]
)
def test_a_date_before_1900_is_refused_not_taken_as_midnight(tmp_path, pool, day):
    """LibreOffice stores it so; Excel, which has no such dates, leaves it a text."""
    path = tmp_path / "table.xlsx"
    workbook(path, ("doc_id", "printed"), ("a", date(1901, 3, 1)), ("b", day))

    with pytest.raises(InputError, match="date before 1900"):
        read_metadata(path, pool)
