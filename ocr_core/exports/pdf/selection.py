"""Selection: keeps some pages of a PDF, and the catalogue entries about them."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, NameTree, NumberTree, Pdf

MAX_DEPTH = 200  # of nested fields and tags


def keep_pages(pdf: Pdf, numbers: Sequence[int]) -> tuple[int, int]:
    """Keep the pages with these numbers, counted from 1.

    Returns the numbers of removed bookmarks and links, which led to other pages.

    Parameters
    ----------
    numbers
        Ascending, without duplicates.
    """
    labels = page_labels(pdf)
    structure_keys = _remove_pages(pdf, set(numbers))
    if labels:
        set_page_labels(pdf, [labels[number - 1] for number in numbers])
    gone = RemovedReferences(pdf)
    bookmarks = gone.prune_outline()
    links = sum(gone.prune_links(page.obj) for page in pdf.pages)
    gone.prune_names()
    _prune_form(pdf)
    _prune_structure(pdf, structure_keys)
    if "/Threads" in pdf.Root:
        del pdf.Root.Threads
    return bookmarks, links


def page_labels(pdf: Pdf) -> list[Any]:
    """Return for each page its label's style, prefix and number; empty without any."""
    if "/PageLabels" not in pdf.Root:
        return []
    ranges = dict(NumberTree(pdf.Root.PageLabels).items())
    labels: list[Any] = []
    current: Any = Dictionary()
    start = 0
    for index in range(len(pdf.pages)):
        if index in ranges:
            current, start = ranges[index], index
        first = int(current.get("/St", 1))
        style, prefix = current.get("/S"), current.get("/P")
        labels.append((style, prefix, first + index - start))
    return labels


def set_page_labels(pdf: Pdf, labels: Sequence[Any]) -> None:
    """Set the label of each page; consecutive labels share one range."""
    ranges = Array()
    expected = None
    for index, (style, prefix, number) in enumerate(labels):
        if (style, prefix, number) != expected:
            label = Dictionary(St=number)
            if style is not None:
                label.S = style
            if prefix is not None:
                label.P = prefix
            ranges.append(index)
            ranges.append(label)
        expected = style, prefix, number + 1
    pdf.Root.PageLabels = Dictionary(Nums=ranges)


def _remove_pages(pdf: Pdf, kept: set[int]) -> set[int]:
    """Remove the other pages; return their keys in the structure tree."""
    keys = set()
    for number in range(len(pdf.pages), 0, -1):
        if number in kept:
            continue
        page = pdf.pages[number - 1].obj
        for holder in (page, *page.get("/Annots", ())):
            for name in ("/StructParents", "/StructParent"):
                if name in holder:
                    keys.add(int(holder[name]))
        del pdf.pages[number - 1]
        for name in list(page.keys()):  # remaining references must not keep its content
            del page[name]
    return keys


class RemovedReferences:
    """Finds references to removed pages, which are empty dictionaries."""

    def __init__(self, pdf: Pdf) -> None:
        self._pdf = pdf
        self._names = {
            name for name, target in named_destinations(pdf) if self._is_gone(target)
        }

    def leads_there(self, item: Any) -> bool:
        """Return whether a link, a bookmark or an action leads to a removed page."""
        target = item
        if isinstance(item, Dictionary):
            action = item.get("/A", item)
            if action.get("/S", Name.GoTo) != Name.GoTo:
                return False
            target = item.get("/Dest", action.get("/D"))
        return self._is_gone(target)

    def _is_gone(self, target: Any) -> bool:
        if isinstance(target, Dictionary):
            target = target.get("/D")
        if isinstance(target, pikepdf.String | Name):
            return str(target) in self._names
        if not isinstance(target, Array) or not len(target):
            return False
        return isinstance(target[0], Dictionary) and "/Type" not in target[0]

    def prune_outline(self) -> int:
        """Remove such bookmarks from the outline; return their number."""
        if "/Outlines" not in self._pdf.Root:
            return 0
        return self._prune_below(self._pdf.Root.Outlines, set())

    def _prune_below(self, parent: Any, known: set[Any]) -> int:
        kept, pruned = [], 0
        item = parent.get("/First")
        while isinstance(item, Dictionary) and item.objgen not in known:
            known.add(item.objgen)
            following = item.get("/Next")
            above = "/First" in item
            pruned += self._prune_below(item, known)
            lost = self.leads_there(item)
            if lost:
                for key in ("/Dest", "/A"):
                    if key in item:
                        del item[key]
            heading = above and "/Dest" not in item and "/A" not in item
            if "/First" in item or not (lost or heading):
                kept.append(item)
            else:
                pruned += 1
            item = following
        link_items(parent, kept)
        return pruned

    def prune_links(self, page: Any) -> int:
        """Remove such links from a page; return their number."""
        annotations = page.get("/Annots")
        if annotations is None:
            return 0
        kept = [
            each
            for each in annotations
            if each.get("/Subtype") != Name.Link or not self.leads_there(each)
        ]
        pruned = len(annotations) - len(kept)
        if pruned:
            page.Annots = Array(kept)
        return pruned

    def prune_names(self) -> None:
        """Remove such named destinations, and such an open action of the document."""
        root = self._pdf.Root
        if "/OpenAction" in root and self.leads_there(root.OpenAction):
            del root.OpenAction
        tree = name_tree(root, "/Dests")
        for name in self._names:
            if tree is not None and name in tree:
                del tree[name]
            if name in root.get("/Dests", Dictionary()):
                del root.Dests[name]


def name_tree(root: Any, name: str) -> NameTree | None:
    """Return one of a catalogue's name trees."""
    tree = root.get("/Names", Dictionary()).get(name)
    return NameTree(tree) if isinstance(tree, Dictionary) else None


def named_destinations(pdf: Pdf) -> Iterator[tuple[str, Any]]:
    """Yield the named destinations; in old PDFs the names begin with a slash."""
    tree = name_tree(pdf.Root, "/Dests")
    if tree is not None:
        yield from tree.items()
    yield from pdf.Root.get("/Dests", Dictionary()).items()


def link_items(parent: Any, items: Sequence[Any]) -> None:
    """Set the child bookmarks of another bookmark or of the outline."""
    count = len(items) + sum(max(0, int(each.get("/Count", 0))) for each in items)
    was_open = int(parent.get("/Count", 1)) >= 0
    for name in ("/First", "/Last", "/Count"):
        if name in parent:
            del parent[name]
    if not items:
        return
    parent.First, parent.Last = items[0], items[-1]
    parent.Count = count if was_open else -count
    for before, item, after in zip(
        (None, *items), items, (*items[1:], None), strict=False
    ):
        item.Parent = parent
        for name, other in (("/Prev", before), ("/Next", after)):
            if other is not None:
                item[name] = other
            elif name in item:
                del item[name]


def _prune_form(pdf: Pdf) -> None:
    """Remove form fields that were only on removed pages."""
    if "/AcroForm" not in pdf.Root:
        return
    shown = {each.objgen for page in pdf.pages for each in page.obj.get("/Annots", ())}
    form = pdf.Root.AcroForm
    form.Fields = Array(_fields_on(form.get("/Fields", ()), shown, 0))


def _fields_on(fields: Any, shown: Collection[Any], depth: int) -> list[Any]:
    kept = []
    for field in fields:
        if "/Kids" in field and depth < MAX_DEPTH:
            kids = _fields_on(field.Kids, shown, depth + 1)
            field.Kids = Array(kids)
            if kids:
                kept.append(field)
        elif field.objgen in shown or field.get("/Subtype") != Name.Widget:
            kept.append(field)
    return kept


def _prune_structure(pdf: Pdf, keys: Collection[int]) -> None:
    """Remove the tags of content on removed pages."""
    root = pdf.Root.get("/StructTreeRoot")
    if root is None:
        return
    if "/ParentTree" in root:
        tree = NumberTree(root.ParentTree)
        for key in keys:
            if key in tree:
                del tree[key]
    _prune_tags(root, False, 0)


def _prune_tags(element: Any, gone: bool, depth: int) -> bool:
    """Prune the children of a tag; return whether the tag itself is still needed."""
    if "/Pg" in element:
        gone = "/Type" not in element.Pg
        if gone:
            del element.Pg
    if "/K" not in element or depth > MAX_DEPTH:
        return not gone
    kids = element.K if isinstance(element.K, Array) else [element.K]
    kept = [
        kid
        for kid in kids
        if (
            _prune_tags(kid, gone, depth + 1)
            if isinstance(kid, Dictionary)
            else not gone
        )
    ]
    if len(kept) < len(kids):
        element.K = Array(kept)
    return bool(kept)
