"""Rules of the server, checked by reading its source code."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.sources import nodes_of, tree_of

ROOT = Path(__file__).parents[2]
MAX_LINES = 600
HEAVY = (
    "streamlit flask click dask distributed sklearn pytesseract rapidocr pandas"
).split()


def sources(*folders):
    return sorted(path for each in folders for path in (ROOT / each).rglob("*.py"))


def named(path):
    return path.relative_to(ROOT).as_posix()


LIBRARY = sources("ocr_core")
SHIPPED = [*LIBRARY, *sources("app", "sample_images", "benchmarks")]
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(
        ".__init__"
    ): path
    for path in sources("ocr_core", "app")
}


def imports(path):
    """Return the modules of ours that a module names, wherever in it."""
    found = set()
    for node in nodes_of(path):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found.add(inner if inner in MODULES else node.module)
    return found


def names_called(path):
    for node in nodes_of(path):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def offenders(paths, keeps):
    """Return the files that break a rule; at least one file must be checked."""
    assert paths
    return [named(path) for path in paths if not keeps(path)]


def test_the_library_never_imports_the_app():
    def keeps(path):
        return "app" not in {each.split(".")[0] for each in imports(path)}

    assert offenders(LIBRARY, keeps) == []


@pytest.mark.parametrize("package", ["ocr_core.cli", "ocr_core.server"])
def test_no_package_imports_a_front_end(package):
    users = {
        name
        for name, path in MODULES.items()
        if any(
            each == package or each.startswith(f"{package}.") for each in imports(path)
        )
        and not name.startswith(package)
    }

    assert users <= {"ocr_core.__main__", "ocr_core.cli", "app.asgi"}


def test_no_modules_import_each_other_in_a_circle():
    arrows = {
        name: {each for each in imports(path) if each in MODULES and each != name}
        for name, path in MODULES.items()
    }

    while ends := [name for name, targets in arrows.items() if not targets]:
        for name in ends:
            del arrows[name]
        arrows = {name: targets - set(ends) for name, targets in arrows.items()}

    assert arrows == {}


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("ocr_core", HEAVY),
        ("ocr_core.processes.pool", HEAVY),
        ("ocr_core.cli", [name for name in HEAVY if name != "click"]),
    ],
)
def test_importing_stays_light(module, heavy):
    code = f"import {module}, sys; print(*sys.modules)"

    loaded = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    ).stdout.split()

    assert not set(heavy) & set(loaded)


def runs_nothing(path):
    """Return whether a module calls no function that executes text."""
    called = list(names_called(path))
    shells = [
        word.value
        for _, call in called
        for word in call.keywords
        if word.arg == "shell"
    ]
    return not {name for name, _ in called} & OBEYING and all(
        isinstance(each, ast.Constant) and not each.value for each in shells
    )


OBEYING = {
    "eval",
    "exec",
    "os.system",
    "os.popen",
    "pickle.load",
    "pickle.loads",
    "pd.read_pickle",
    "joblib.load",
    "marshal.loads",
    "yaml.load",
    "torch.load",
}


def test_nothing_runs_foreign_text():
    assert offenders(SHIPPED, runs_nothing) == []


def test_pillow_is_always_given_the_formats_that_it_may_open():
    def keeps(path):
        return all(
            "formats" in {word.arg for word in call.keywords}
            for name, call in names_called(path)
            if name in ("Image.open", "PIL.Image.open")
        )

    assert offenders(sources("ocr_core", "app"), keeps) == []


def shows_its_own(path):
    """Return whether the HTML that a module shows is a constant of that module."""
    text = path.read_text(encoding="utf-8")
    own = {
        target.id
        for node in tree_of(path).body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
    }
    shown = [call for name, call in names_called(path) if name == "st.html"]
    return (
        "unsafe_allow" not in text
        and "components.v1" not in text
        and not any(call.keywords for call in shown)
        and all(
            isinstance(each, ast.Constant)
            or (isinstance(each, ast.Name) and each.id in own)
            for call in shown
            for each in call.args
        )
    )


def test_the_app_shows_no_html_but_its_own():
    assert offenders(sources("app"), shows_its_own) == []


def test_what_streamlit_runs_names_its_imports_in_full():
    """It runs them by their paths, as parts of no package."""

    def keeps(path):
        return not any(
            isinstance(node, ast.ImportFrom) and node.level for node in nodes_of(path)
        )

    scripts = [ROOT / "app/asgi.py", ROOT / "app/main.py", *sources("app/views")]
    assert offenders(scripts, keeps) == []


def test_every_screen_is_drawn_to_its_end():
    """After `st.stop` Streamlit still draws the parts of the screen before."""

    def keeps(path):
        return "st.stop" not in {name for name, _ in names_called(path)}

    assert offenders(sources("app"), keeps) == []


def test_no_file_is_too_long():
    def keeps(path):
        return len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES

    assert offenders([*SHIPPED, ROOT / "bootstrap.py"], keeps) == []


def test_every_module_says_what_it_is_for():
    def keeps(path):
        said = ast.get_docstring(tree_of(path)) or ""
        return said.split("\n")[0].endswith((".", "``"))

    assert offenders([each for each in SHIPPED if each.stat().st_size], keeps) == []
