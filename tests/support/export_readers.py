"""Exported files, read as other programs read them."""

import io
import re
import zipfile
from itertools import chain

import pandas as pd
import pypdfium2
from lxml import etree

from ocr_core.exports.dataset import TABLE_PATH


def words_of(content, form):
    """Return the texts of the words in a file of ours, as other programs do."""
    if form == "pdf":
        text = pypdfium2.PdfDocument(content)[0].get_textpage().get_text_range()
        return text.split()
    if form == "parquet":
        return pd.read_parquet(io.BytesIO(content))["text"].tolist()
    if form == "dataset":
        table = zipfile.ZipFile(io.BytesIO(content)).read(TABLE_PATH)
        return [*chain.from_iterable(pd.read_parquet(io.BytesIO(table))["words"])]
    if form == "vrt":
        root = etree.fromstring(b"<corpus>%b</corpus>" % content)
        lines = "".join(root.itertext()).split("\n")
        return [line.split("\t")[0] for line in lines if line]
    root = etree.fromstring(content)
    if form == "alto":
        return [each.get("CONTENT") for each in root.iter("{*}String")]
    if form == "page":
        return [
            each.findtext("{*}TextEquiv/{*}Unicode") for each in root.iter("{*}Word")
        ]
    if form == "tei":
        return ["".join(each.itertext()) for each in root.iter("{*}w")]
    return [each.text for each in root.iter() if each.get("class") == "ocrx_word"]


MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
ESCAPED = re.compile("_x([0-9A-F]{4})_")


def sheets(content):
    """Return each sheet's rows of cells, None where a cell is empty; and its head."""
    bundle = zipfile.ZipFile(io.BytesIO(content))
    names = etree.fromstring(bundle.read("xl/workbook.xml")).iter(f"{MAIN}sheet")
    found = {}
    for number, name in enumerate(names, 1):
        root = etree.fromstring(bundle.read(f"xl/worksheets/sheet{number}.xml"))
        assert not list(root.iter(f"{MAIN}f", f"{MAIN}hyperlink"))
        found[name.get("name")] = [
            {re.sub(r"\d", "", cell.get("r")): value(cell) for cell in row}
            for row in root.iter(f"{MAIN}row")
        ]
    return found


def value(cell):
    if cell.get("t") is None:
        return float(cell.findtext(f"{MAIN}v"))
    assert cell.get("t") == "inlineStr"
    [text] = cell.find(f"{MAIN}is")
    return ESCAPED.sub(lambda found: chr(int(found[1], 16)), text.text or "")


def column(rows, name):
    [letter] = [key for key, value in rows[0].items() if value == name]
    return [row.get(letter) for row in rows[1:]]
