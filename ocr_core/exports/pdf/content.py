"""Content: the text operators of a PDF page and of the form XObjects that it draws.

Every operator that shows text has an index in the order of drawing. A page can be
rewritten without some of them: an `Edit` contains the new instructions, and can be
stored in a dictionary to be applied to another copy of the same PDF.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

import pikepdf
from pikepdf import (
    Array,
    ContentStreamInlineImage,
    ContentStreamInstruction,
    Dictionary,
    Name,
    Operator,
    Pdf,
)

INVISIBLE = 3  # text rendering mode
SHOWING = ("Tj", "TJ", "'", '"')
POSITIONING = ("BT", "ET", "Td", "TD", "Tm", "T*", "'", '"')
MARK = "OcrShow"  # tag of marked content around an examined operator
MAX_DEPTH = 12  # of nested form XObjects
MAX_INSTRUCTIONS = 300_000
MAX_CONTENT_BYTES = 8_000_000
MAY_SHOW_TEXT = re.compile(rb"Tj|TJ|['\"]")

Instruction = ContentStreamInstruction | ContentStreamInlineImage


class ComplexPageError(ValueError):
    """A page has more instructions than can be examined."""


@dataclass
class TextOperator:
    """An operator that shows text.

    `follower` is the index of the operator that begins where this one ends; -1 if none.
    """

    invisible: bool
    follower: int = -1


@dataclass
class ContentStream:
    """The instructions of a page or form XObject; operators and forms by position."""

    first: int
    instructions: list[Instruction] = field(default_factory=list)
    shows: dict[int, int] = field(default_factory=dict)
    forms: dict[int, "ContentStream"] = field(default_factory=dict)
    end: int = 0

    def holds(self, indices: Collection[int]) -> bool:
        """Return whether a text operator is here, or in a form XObject drawn here."""
        return any(index in indices for index in range(self.first, self.end))


@dataclass
class Edit:
    """New instructions of a page or form XObject, and the form XObjects it draws.

    `forms` maps the new name of each changed form XObject to its old name and its edit.
    `names` are the XObjects and fonts that the instructions use.
    """

    content: bytes
    forms: dict[str, tuple[str, "Edit"]] = field(default_factory=dict)
    names: frozenset[str] = frozenset()

    def packed(self, pdf: Pdf) -> Any:
        """Return the edit as a PDF dictionary."""
        return Dictionary(
            Content=pdf.make_stream(self.content),
            Names=Array([Name(name) for name in sorted(self.names)]),
            Forms=Dictionary(
                {
                    new: Dictionary(Of=Name(old), Edit=edit.packed(pdf))
                    for new, (old, edit) in self.forms.items()
                }
            ),
        )

    @staticmethod
    def unpacked(packed: Any) -> "Edit":
        """Return the edit from a PDF dictionary."""
        forms = {
            new: (str(each.Of), Edit.unpacked(each.Edit))
            for new, each in packed.Forms.items()
        }
        names = frozenset(str(name) for name in packed.Names)
        return Edit(packed.Content.read_bytes(), forms, names)


class PageText:
    """The text that a page shows."""

    def __init__(self, page: Any, number: int = 0) -> None:
        self.shows: list[TextOperator] = []
        self._number = number
        self._left = MAX_INSTRUCTIONS
        resources = inherited(page.obj, "/Resources", Dictionary())
        self._taken = set(resources.get("/XObject", Dictionary()).keys())
        self._page = self._block(page.obj, resources, (0, False), ())

    def without(self, dropped: Collection[int], *, marked: bool = False) -> Edit:
        """Return an edit that drops text operators; `marked` marks the others."""
        kept = self._removable(dropped)
        return self._edit(self._page, kept, marked)

    def _removable(self, dropped: Collection[int]) -> set[int]:
        """Return operators that can be dropped without moving the text after them."""
        possible = set(dropped)
        for index in sorted(dropped, reverse=True):
            follower = self.shows[index].follower
            if follower >= 0 and follower not in possible:
                possible.discard(index)
        return possible

    def _block(
        self,
        holder: Any,
        resources: Any,
        state: tuple[int, bool],
        above: tuple[Any, ...],
    ) -> ContentStream:
        """Read instructions; `state` is the text mode and whether a font is Type 3."""
        if len(above) > MAX_DEPTH or _content_bytes(holder) > MAX_CONTENT_BYTES:
            raise ComplexPageError
        block = ContentStream(len(self.shows))
        if isinstance(holder, pikepdf.Stream):
            block.instructions = list(pikepdf.parse_content_stream(holder))
        elif "/Contents" in holder:
            block.instructions = list(
                pikepdf.parse_content_stream(pikepdf.Page(holder))
            )
        self._left -= len(block.instructions)
        if self._left < 0:
            raise ComplexPageError
        mode, type3 = state
        saved: list[tuple[int, bool]] = []
        previous = -1
        for position, instruction in enumerate(block.instructions):
            name, operands = str(instruction.operator), instruction.operands
            if name in POSITIONING:
                previous = -1
            if name in SHOWING:
                block.shows[position] = len(self.shows)
                if previous >= 0:
                    self.shows[previous].follower = len(self.shows)
                previous = len(self.shows)
                self.shows.append(TextOperator(mode == INVISIBLE and not type3))
            elif name == "q":
                saved.append((mode, type3))
            elif name == "Q" and saved:
                mode, type3 = saved.pop()
            elif name == "Tr":
                mode = int(operands[0])
            elif name in ("Tf", "gs"):
                type3 = _is_type3(resources, name, str(operands[0]), type3)
            elif name == "Do":
                form = _form(resources, str(operands[0]))
                if form is not None and form.objgen not in above:
                    inside = form.get("/Resources", resources)
                    block.forms[position] = self._block(
                        form, inside, (mode, type3), (*above, form.objgen)
                    )
        block.end = len(self.shows)
        return block

    def _edit(self, block: ContentStream, dropped: set[int], marked: bool) -> Edit:
        written: list[Any] = []
        forms: dict[str, tuple[str, Edit]] = {}
        names = set()
        for position, instruction in enumerate(block.instructions):
            index = block.shows.get(position)
            form = block.forms.get(position)
            if index is not None and index in dropped:
                written.extend(_moves_of(instruction))
            elif index is not None and marked:
                mark = [Name(f"/{MARK}"), Dictionary({f"/{MARK}": index})]
                written.append(ContentStreamInstruction(mark, Operator("BDC")))
                written.append(instruction)
                written.append(ContentStreamInstruction([], Operator("EMC")))
            elif form is not None and (
                form.holds(dropped) or (marked and form.end > form.first)
            ):
                new = self._new_name(form)
                old = str(instruction.operands[0])
                forms[new] = old, self._edit(form, dropped, marked)
                written.append(ContentStreamInstruction([Name(new)], Operator("Do")))
            else:
                written.append(instruction)
            if str(instruction.operator) in ("Do", "Tf"):
                names.add(str(written[-1].operands[0]))
        content = pikepdf.unparse_content_stream(list(_without_idle_moves(written)))
        return Edit(content, forms, frozenset(names))

    def _new_name(self, form: ContentStream) -> str:
        name = f"/OcrForm-{self._number}-{form.first}"
        while name in self._taken:
            name += "a"
        return name


def may_show_text(page: Any) -> bool:
    """Return, by a quick check, whether a page or its form XObjects can show text."""
    resources = inherited(page.obj, "/Resources", Dictionary())
    contents = page.obj.get("/Contents", Array())
    streams = list(contents) if isinstance(contents, Array) else [contents]
    if any(MAY_SHOW_TEXT.search(each.read_bytes()) for each in streams):
        return True
    drawn = b" ".join(each.read_bytes() for each in streams)
    return any(
        _form_may_show_text(each, 0)
        for name, each in resources.get("/XObject", Dictionary()).items()
        if name.encode() in drawn or b"#" in drawn
    )


def _form_may_show_text(each: Any, depth: int) -> bool:
    if not isinstance(each, pikepdf.Stream) or each.get("/Subtype") != Name.Form:
        return False
    if depth > MAX_DEPTH or MAY_SHOW_TEXT.search(each.read_bytes()):
        return True
    inside = each.get("/Resources", Dictionary()).get("/XObject", Dictionary())
    return any(_form_may_show_text(form, depth + 1) for form in inside.values())


def apply_edit(pdf: Pdf, page: Any, edit: Edit) -> None:
    """Replace a page's instructions, and its resources by those that they use.

    Resources that only the old instructions used are no longer part of the page.
    """
    old = inherited(page, "/Resources", Dictionary())
    page.Contents = pdf.make_stream(edit.content)
    page.Resources = _edited_resources(pdf, old, edit)


def _edited_resources(pdf: Pdf, old: Any, edit: Edit) -> Any:
    resources = Dictionary(dict(old.items()))
    fonts = old.get("/Font", Dictionary())
    if not any(font.get("/Subtype") == Name.Type3 for font in fonts.values()):
        for kind in ("/XObject", "/Font"):
            if kind in old:
                resources[kind] = Dictionary(
                    {k: each for k, each in old[kind].items() if k in edit.names}
                )
    for new, (name, inner) in edit.forms.items():
        form = old.XObject[name]
        copy = pdf.make_stream(inner.content)
        for key, value in form.items():
            if key not in ("/Length", "/Filter", "/DecodeParms", "/Resources"):
                copy[key] = value
        copy.Resources = _edited_resources(pdf, form.get("/Resources", old), inner)
        resources.XObject[new] = copy
    return resources


def inherited(node: Any, name: str, default: Any) -> Any:
    """Return an attribute of a PDF page, its own or an inherited one."""
    for _ in range(64):  # deep enough; a damaged tree may be a cycle
        if name in node:
            return node[name]
        if "/Parent" not in node:
            break
        node = node["/Parent"]
    return default


def _content_bytes(holder: Any) -> int:
    contents = holder.get("/Contents", holder)
    streams = list(contents) if isinstance(contents, Array) else [contents]
    return sum(
        len(each.read_bytes()) for each in streams if isinstance(each, pikepdf.Stream)
    )


def _is_type3(resources: Any, operator: str, name: str, before: bool) -> bool:
    """Return whether the font is Type 3, which ignores text rendering modes."""
    if operator == "Tf":
        font = resources.get("/Font", Dictionary()).get(name)
    else:
        state = resources.get("/ExtGState", Dictionary()).get(name, Dictionary())
        if "/Font" not in state:
            return before
        font = state["/Font"][0]
    return font is not None and font.get("/Subtype") == Name.Type3


def _form(resources: Any, name: str) -> Any:
    each = resources.get("/XObject", Dictionary()).get(name)
    form = isinstance(each, pikepdf.Stream) and each.get("/Subtype") == Name.Form
    return each if form else None


def _moves_of(instruction: Instruction) -> Iterator[ContentStreamInstruction]:
    """Yield instructions for the effects of a text operator other than showing text."""
    name, operands = str(instruction.operator), instruction.operands
    if name == '"':
        yield ContentStreamInstruction([operands[0]], Operator("Tw"))
        yield ContentStreamInstruction([operands[1]], Operator("Tc"))
    if name in ("'", '"'):
        yield ContentStreamInstruction([], Operator("T*"))


def _without_idle_moves(written: list[Any]) -> Iterator[Any]:
    """Leave out the moves of text objects that no longer show any text."""
    inside: list[Any] = []
    opened = False
    for instruction in written:
        name = str(instruction.operator)
        opened = opened or name == "BT"
        if not opened:
            yield instruction
            continue
        inside.append(instruction)
        if name == "ET":
            idle = not any(str(each.operator) in SHOWING for each in inside)
            for each in inside:
                if not (idle and str(each.operator) in ("Td", "Tm", "T*")):
                    yield each
            inside, opened = [], False
    yield from inside
