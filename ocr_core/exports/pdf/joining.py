"""Joining: combines several PDFs into one, with as much of each as possible.

Outlines, page labels, links, named destinations, attachments, form fields and layers
are combined. Properties that a PDF has only once, such as a title, are left out.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, NameTree, Pdf, String

from ocr_core.exports.pdf.document import fields
from ocr_core.exports.pdf.notes import note
from ocr_core.exports.pdf.saving import save
from ocr_core.exports.pdf.selection import (
    MAX_DEPTH,
    link_items,
    name_tree,
    named_destinations,
    page_labels,
    set_page_labels,
)

DESCRIBED = ("/Title", "/Author", "/Subject", "/Keywords")
FORM_DEFAULTS = ("/DA", "/Q")


def join_documents(documents: Sequence[tuple[str, str]], path: str) -> list[str]:
    """Write several PDFs as one; return messages for the user.

    Parameters
    ----------
    documents
        Path and name of each; a document without a name gets no bookmark.
    """
    with ExitStack() as opened:
        joined = JoinedPdf(opened.enter_context(pikepdf.new()))
        for file, name in documents:
            source = opened.enter_context(pikepdf.open(file))
            DocumentAddition(joined, source, name).run()
        joined.finish()
        save(joined.pdf, path, ours=True)
        if not joined.lost:
            return []
        return [note("joined", ", ".join(sorted(joined.lost)))]


class JoinedPdf:
    """The PDF that documents are joined into."""

    def __init__(self, pdf: Pdf) -> None:
        self.pdf = pdf
        self.bookmarks: list[Any] = []
        self.labels: list[Any] = []
        self.labelled = False
        self.languages: list[str] = []
        self.lost: set[str] = set()

    def finish(self) -> None:
        """Write entries that need all documents."""
        root = self.pdf.Root
        if self.bookmarks:
            root.Outlines = self.pdf.make_indirect(Dictionary(Type=Name.Outlines))
            link_items(root.Outlines, self.bookmarks)
        if self.labelled:
            set_page_labels(self.pdf, self.labels)
        if len(set(self.languages)) == 1 and self.languages[0]:
            root.Lang = String(self.languages[0])
        elif any(self.languages):
            self.lost.add("languages")


class DocumentAddition:
    """Adds one document to the joined PDF."""

    def __init__(self, joined: JoinedPdf, source: Pdf, name: str) -> None:
        self._joined, self._pdf, self._source = joined, joined.pdf, source
        self._name = name
        self._offset = len(joined.pdf.pages)
        self._index: dict[Any, int] = {
            page.objgen: n for n, page in enumerate(source.pages)
        }
        self._named = dict(named_destinations(source))

    def run(self) -> None:
        """Copy the pages, then everything that refers to them."""
        labels = page_labels(self._source)
        self._joined.labelled |= bool(labels)
        count = len(self._source.pages)
        numbers = range(self._offset + 1, self._offset + count + 1)
        self._joined.labels += labels or [(Name("/D"), None, n) for n in numbers]
        self._note_losses()
        for page in self._source.pages:
            for key in ("/StructParents", "/B"):
                if key in page.obj:
                    del page.obj[key]
            self._pdf.pages.append(page)
        self._take_links()
        self._take_outline()
        self._take_names()
        self._copy_form()
        self._copy_layers()

    def _note_losses(self) -> None:
        root, lost = self._source.Root, self._joined.lost
        self._joined.languages.append(str(root.get("/Lang", "")))
        described = any(key in self._source.docinfo for key in DESCRIBED)
        if described or "/Metadata" in root:
            lost.add("title and other metadata")
        if "/StructTreeRoot" in root:
            lost.add("tags")
        if "/XFA" in root.get("/AcroForm", Dictionary()):
            lost.add("XFA forms")
        if "/JavaScript" in root.get("/Names", Dictionary()):
            lost.add("scripts")

    def _moved(self, target: Any) -> Any:
        """Return a destination in the joined PDF; None if it leads nowhere."""
        if isinstance(target, String | Name):
            target = self._named.get(str(target))
        if isinstance(target, Dictionary):
            target = target.get("/D")
        if not isinstance(target, Array) or not len(target):
            return None
        page = target[0]
        number = self._index.get(page.objgen) if isinstance(page, Dictionary) else None
        if number is None:
            return None
        return Array([self._pdf.pages[self._offset + number].obj, *list(target)[1:]])

    def _target(self, item: Any) -> Any:
        """Return the target of a link or bookmark in the document; None if outside."""
        action = item.get("/A", Dictionary())
        if "/Dest" in item:
            return self._moved(item.Dest)
        if action.get("/S") == Name.GoTo and "/D" in action:
            return self._moved(action.D)
        return None

    def _take_links(self) -> None:
        for number, page in enumerate(self._source.pages):
            old = list(page.obj.get("/Annots", ()))
            new = list(self._pdf.pages[self._offset + number].obj.get("/Annots", ()))
            for before, after in zip(old, new, strict=False):
                target = self._target(before)
                if target is not None:
                    if "/A" in after:
                        del after.A
                    after.Dest = target

    def _take_outline(self) -> None:
        outline = self._source.Root.get("/Outlines", Dictionary())
        items = list(self._bookmarks(outline, set(), 0))
        if not self._name:
            self._joined.bookmarks += items
            return
        first = self._pdf.pages[self._offset].obj
        own = Dictionary(Title=String(self._name), Dest=Array([first, Name.Fit]))
        own = self._pdf.make_indirect(own)
        link_items(own, items)
        self._joined.bookmarks.append(own)

    def _bookmarks(self, parent: Any, known: set[Any], depth: int) -> Iterator[Any]:
        item = parent.get("/First")
        while isinstance(item, Dictionary) and item.objgen not in known:
            known.add(item.objgen)
            copy = Dictionary(Title=String(str(item.get("/Title", ""))))
            for key in ("/C", "/F"):
                if key in item:
                    copy[key] = self._copied(item[key])
            target = self._target(item)
            if target is not None:
                copy.Dest = target
            elif item.get("/A", Dictionary()).get("/S") == Name.URI:
                copy.A = self._copied(item.A)
            copy = self._pdf.make_indirect(copy)
            copy.Count = int(item.get("/Count", 0))
            if depth < MAX_DEPTH:
                link_items(copy, list(self._bookmarks(item, known, depth + 1)))
            yield copy
            item = item.get("/Next")

    def _take_names(self) -> None:
        known = self._tree("/Dests") if self._named else None
        for name, target in self._named.items():
            moved = self._moved(target)
            if known is not None and moved is not None and name not in known:
                known[name] = moved
        attached = name_tree(self._source.Root, "/EmbeddedFiles")
        if attached is None:
            return
        tree = self._tree("/EmbeddedFiles")
        for name, file in attached.items():
            tree[free_of(name, tree)] = self._copied(file)

    def _tree(self, name: str) -> NameTree:
        root = self._pdf.Root
        if "/Names" not in root:
            root.Names = Dictionary()
        if name not in root.Names:
            root.Names[name] = self._pdf.make_indirect(Dictionary(Names=Array()))
        return NameTree(root.Names[name])

    def _copy_form(self) -> None:
        """Copy the form fields; their widgets on the pages have been copied before."""
        if "/AcroForm" not in self._source.Root:
            return
        form = self._copied(self._source.Root.AcroForm)
        taken = {str(each.get("/T", "")) for each in fields(self._pdf)}
        for each in form.get("/Fields", ()):
            for key in FORM_DEFAULTS:
                if key in form and key not in each:
                    each[key] = form[key]
            if "/T" in each:
                each.T = String(free_of(str(each.T), taken))
        whole = self._pdf.Root.get("/AcroForm")
        if whole is None:
            if "/XFA" in form:
                del form.XFA
            self._pdf.Root.AcroForm = form
            return
        whole.Fields = Array([*whole.get("/Fields", ()), *form.get("/Fields", ())])
        for key in ("/NeedAppearances", "/SigFlags"):
            if key in form and key not in whole:
                whole[key] = form[key]
        for kind, ours in form.get("/DR", Dictionary()).items():
            if "/DR" not in whole:
                whole.DR = Dictionary()
            if kind not in whole.DR or not isinstance(ours, Dictionary):
                whole.DR[kind] = ours
                continue
            for name, each in ours.items():
                if name not in whole.DR[kind]:
                    whole.DR[kind][name] = each

    def _copy_layers(self) -> None:
        """Copy optional content; hidden layers stay hidden."""
        if "/OCProperties" not in self._source.Root:
            return
        ours = self._copied(self._source.Root.OCProperties)
        groups, state = list(ours.get("/OCGs", ())), ours.get("/D", Dictionary())
        off = list(state.get("/OFF", ()))
        if state.get("/BaseState") == Name.OFF:
            on = {each.objgen for each in state.get("/ON", ())}
            off = [each for each in groups if each.objgen not in on]
        root = self._pdf.Root
        if "/OCProperties" not in root:
            root.OCProperties = Dictionary(OCGs=Array(), D=Dictionary())
        whole = root.OCProperties
        whole.OCGs.extend(groups)
        for key, more in (
            ("/OFF", off),
            *((key, state.get(key, ())) for key in ("/Order", "/RBGroups", "/Locked")),
            ("/AS", state.get("/AS", ())),
        ):
            if len(more):
                if key not in whole.D:
                    whole.D[key] = Array()
                whole.D[key].extend(more)

    def _copied(self, value: Any) -> Any:
        if not isinstance(value, pikepdf.Object):
            return value
        if not isinstance(value, Array | Dictionary | pikepdf.Stream):
            return value
        if not value.is_indirect:
            value = self._source.make_indirect(value)
        return self._pdf.copy_foreign(value)


def free_of(name: str, taken: Iterable[str]) -> str:
    """Return a name that is not in use yet, with a number if necessary."""
    number, free = 2, name
    while free in taken:
        free, number = f"{name}_{number}", number + 1
    return free
