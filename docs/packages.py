"""Draw the packages and their imports as docs/packages.svg.

A package stands above all that it imports. Arrows are drawn from each package to those
it imports directly and reaches in no other way, so that the picture stays readable.
"""

import ast
import sys
from collections.abc import Iterator
from html import escape
from pathlib import Path

ROOT = Path(__file__).parents[1]
TOPS = ("ocr_core", "app")
TARGET = ROOT / "docs" / "packages.svg"
BOX_WIDTH, BOX_HEIGHT, GAP_X, GAP_Y, MARGIN = 132, 30, 18, 34, 16


def unit_of(module: str) -> str:
    """Return the package, or the top module, that a dotted module name belongs to."""
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "ocr_core" else parts[0]


def modules() -> Iterator[tuple[str, Path]]:
    """Yield every module of the project with its file."""
    for top in TOPS:
        for path in sorted((ROOT / top).rglob("*.py")):
            dotted = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            yield dotted.removesuffix(".__init__"), path


def imported(path: Path, module: str) -> Iterator[str]:
    """Yield the dotted names that a file imports, those inside functions too.

    What only type checkers import is left out: it runs nothing.
    """
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    unread = {
        id(each)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for each in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in unread:
            continue
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                kept = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*kept, *([node.module] if node.module else [])])
            yield from (f"{base}.{each.name}" for each in node.names)


def imports() -> dict[str, set[str]]:
    """Return for each package the packages of the project that it imports."""
    names = {name for name, _ in modules()}
    found: dict[str, set[str]] = {unit_of(name): set() for name in names}
    for name, path in modules():
        for target in imported(path, name):
            while target not in names and "." in target:
                target = target.rpartition(".")[0]
            if target in names and unit_of(target) != unit_of(name):
                found[unit_of(name)].add(unit_of(target))
    found.pop("ocr_core", None)  # its __init__ only names what users import
    return {unit: targets - {"ocr_core"} for unit, targets in found.items()}


def layers(graph: dict[str, set[str]]) -> list[list[str]]:
    """Return the packages in layers, the lowest first; a circle is an error."""
    level: dict[str, int] = {}

    def height(unit: str, above: tuple[str, ...] = ()) -> int:
        if unit in above:
            raise ValueError(f"Packages import each other: {' -> '.join(above)}.")
        if unit not in level:
            below = [height(each, (*above, unit)) for each in graph[unit]]
            level[unit] = 1 + max(below, default=-1)
        return level[unit]

    for unit in sorted(graph):
        height(unit)
    found: list[list[str]] = [[] for _ in range(1 + max(level.values()))]
    for unit in sorted(graph):
        found[level[unit]].append(unit)
    return found


def direct(graph: dict[str, set[str]]) -> set[tuple[str, str]]:
    """Return the imports that no chain of other imports makes anyway."""

    def reached(unit: str) -> set[str]:
        return graph[unit].union(*(reached(each) for each in graph[unit]))

    return {
        (unit, target)
        for unit, targets in graph.items()
        for target in targets
        if not any(target in reached(other) for other in targets - {target})
    }


def drawn(graph: dict[str, set[str]]) -> str:
    """Return the picture as SVG."""
    rows = layers(graph)[::-1]
    width = max(map(len, rows)) * (BOX_WIDTH + GAP_X) - GAP_X + 2 * MARGIN
    height = len(rows) * (BOX_HEIGHT + GAP_Y) - GAP_Y + 2 * MARGIN
    place: dict[str, tuple[float, float]] = {}
    for number, row in enumerate(rows):
        left = (width - len(row) * (BOX_WIDTH + GAP_X) + GAP_X) / 2
        for column, unit in enumerate(row):
            y = MARGIN + number * (BOX_HEIGHT + GAP_Y)
            place[unit] = left + column * (BOX_WIDTH + GAP_X), y
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    for unit, target in sorted(direct(graph)):
        (x0, y0), (x1, y1) = place[unit], place[target]
        lines.append(
            f'<line x1="{x0 + BOX_WIDTH / 2:g}" y1="{y0 + BOX_HEIGHT:g}" '
            f'x2="{x1 + BOX_WIDTH / 2:g}" y2="{y1:g}" stroke="#7a8a99"/>'
        )
    for unit, (x, y) in sorted(place.items()):
        label = escape(unit.removeprefix("ocr_core."))
        lines.append(
            f'<rect x="{x:g}" y="{y:g}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" '
            'rx="4" fill="#e8f1f8" stroke="#0b6e99"/>'
            f'<text x="{x + BOX_WIDTH / 2:g}" y="{y + BOX_HEIGHT / 2 + 4:g}" '
            f'text-anchor="middle" fill="#10222e">{label}</text>'
        )
    return "\n".join([*lines, "</svg>", ""])


if __name__ == "__main__":
    TARGET.write_text(drawn(imports()), encoding="utf-8")
    sys.stdout.write(f"{TARGET.relative_to(ROOT)} is drawn.\n")
