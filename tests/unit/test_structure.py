"""The structure of the project: imports between packages, names, and lengths of
files."""

import ast
import json
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from tests.support.sources import names_in, nodes_of, tree_of

ROOT = Path(__file__).parents[2]
HEAVY = {
    *("streamlit", "flask", "click", "distributed", "dask", "sklearn"),
    *("pytesseract", "rapidocr", "pandas"),
}
# What every package may import: modules that stand below all others.
PLAIN = {
    *(
        "curved_sheet",
        "errors",
        "knobs",
        "language_tags",
        "messages",
        "page",
        "replaced_files",
        "scripts",
    ),
    *("hosts", "segmentation", "tokenizer", "version"),
}
# What each package of the library may import besides.
MAY_IMPORT = {
    "attempts": {
        *("documents", "engines", "imaging", "print_choice", "processes"),
        *("rereading", "second_opinion", "settings", "sure_words", "text"),
    },
    "chosen_language": {"documents", "engines", "text"},
    "cli": {"*"},
    "server": {"*"},
    "__main__": {"*"},
    "corpus": {"corpus_header", "mining", "text", "settings"},
    "corpus_header": set(),
    "digital_text": {"documents", "engines", "imaging", "text"},
    "doctor": {"engines", "imaging", "settings"},
    "dewarping": {"imaging", "second_opinion", "settings"},
    "documents": {
        *("corpus_header", "imaging", "imports", "processes", "tempdirs", "text"),
    },
    "engines": {"imaging"},
    "evaluation": {
        *("attempts", "corpus", "documents", "execution", "imaging", "imports"),
        *("page_request", "pipeline", "presets", "processes", "settings"),
        *("stored_text", "text"),
    },
    "execution": {
        *("corpus", "documents", "engines", "pipeline", "processes"),
        *("settings", "tempdirs", "text"),
    },
    "exports": {
        *("corpus_header", "documents", "mining", "processes", "settings"),
        *("tempdirs", "text"),
    },
    "imports": {"text", "engines"},
    "imaging": {"text"},  # no engine: one that reads is handed in
    "language_choice": {
        *("chosen_language", "digital_text", "documents", "engines", "imaging"),
        *("processes", "script_choice", "settings", "text"),
    },
    "mining": {"text"},
    "pipeline": {
        *("attempts", "chosen_language", "dewarping", "documents", "engines"),
        *("imaging", "language_choice", "page_request", "processes"),
        *("second_opinion", "settings", "stored_text", "text"),
    },
    "page_request": {"chosen_language", "engines", "language_choice", "settings"},
    "presets": {"settings"},
    "previews": {
        "language_choice",
        "documents",
        "engines",
        "imaging",
        "processes",
        "settings",
        "text",
    },
    "print_choice": {"engines", "imaging", "settings", "text"},
    "processes": {"tempdirs"},
    "report": {"corpus", "evaluation", "mining", "settings", "text"},
    "rereading": {"engines", "imaging"},
    "script_choice": {"engines", "imaging", "text"},
    "second_opinion": {"documents", "engines", "settings", "text"},
    "settings": {"engines", "imaging"},
    "stored_text": {
        *("attempts", "digital_text", "documents", "engines", "language_choice"),
        *("page_request", "settings", "text"),
    },
    "sure_words": {"engines", "second_opinion", "text"},
    "tempdirs": set(),
    "text": set(),
}
MAX_FILE_LINES = 500
MAX_FUNCTION_LINES = 50  # without the signature and the docstring
# Names that meant everything, or spoke of houses, people and shops; each has a name of
# its own now.
BANNED = {
    *("Errand", "Gate", "Handout", "House", "Intake", "Kept", "Leaf", "Patience"),
    *("Readers", "Reading", "Refusal", "Shelf", "Spool", "Stance", "Study", "Tally"),
    *("Tilt", "Trip", "asked_number", "awake", "bring_home", "complain", "door"),
    *("hall", "hand_on", "hand_out", "keep_apart", "let_go", "look_into", "put_up"),
    *("retell", "shelf", "shelves", "sifted", "stumble", "stumbled", "without_pale"),
    *("house", "spool", "tally", "handout", "errand", "patience", "leaf", "leaves"),
    *("told", "dear", "dearer", "MOST_BYTES", "LONGEST", "mended"),
    *("lives", "lend", "errands", "handouts", "visitor", "desk", "toil", "swell"),
    *("study", "study_of", "keeper", "put_right", "place", "settle"),
}
STORE = {
    Path(f"ocr_core/mining/{name}.py")
    for name in ("tokens", "token_columns", "token_splicing")
}
# The modules that find out which words a token is, and so pack them.
PACKING = {Path("ocr_core/mining/layout.py"), Path("ocr_core/mining/page_tokens.py")}
STATE = """
import json, logging, multiprocessing.spawn, os, signal, sys, tempfile, warnings
import cv2, numpy, PIL.Image, PIL.ImageFile

def state():
    return repr([
        sorted(os.environ.items()), PIL.Image.MAX_IMAGE_PIXELS,
        PIL.ImageFile.LOAD_TRUNCATED_IMAGES, cv2.getNumThreads(),
        logging.root.handlers, logging.root.level, warnings.filters,
        multiprocessing.get_start_method(allow_none=True), tempfile.tempdir,
        multiprocessing.spawn.get_preparation_data, numpy.geterr(),
        [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)],
        sys.path, sys.excepthook, os.getcwd(),
    ])

before = state()
from ocr_core import Settings, open_document, recognize_page
from ocr_core import corpus, documents, exports, mining, pipeline
from ocr_core.execution import batch
from ocr_core.processes import pool
print(json.dumps(before == state()))
"""


@pytest.fixture(scope="module")
def packages():
    """The module that draws the packages."""
    spec = spec_from_file_location("packages", ROOT / "docs" / "packages.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    module.imports = cache(module.imports)
    return module


def run(code):
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_no_packages_import_each_other(packages):
    assert packages.layers(packages.imports())  # raises where there is a circle


def test_a_circle_of_packages_is_noticed(packages):
    with pytest.raises(ValueError, match="a -> b"):
        packages.layers({"a": {"b"}, "b": {"a"}})


def test_the_drawing_in_the_manual_shows_the_imports_of_today(packages):
    drawn = packages.drawn(packages.imports())

    assert packages.TARGET.read_text(encoding="utf-8") == drawn


def test_importing_the_library_loads_nothing_heavy():
    loaded = run("import json, sys, ocr_core; print(json.dumps(sorted(sys.modules)))")

    assert not {name.partition(".")[0] for name in loaded} & HEAVY


def test_importing_the_library_changes_no_state_of_others():
    assert run(STATE)


def library_imports(packages):
    """Yield package and imported package of the library, by short names."""
    for package, imported in packages.imports().items():
        if package.startswith("ocr_core."):
            for each in imported:
                yield package.split(".")[1], each.removeprefix("ocr_core.")


def test_a_package_imports_only_what_it_may(packages):
    wrong = [
        f"{package} -> {each}"
        for package, each in library_imports(packages)
        if package not in PLAIN
        and each not in PLAIN | MAY_IMPORT[package]
        and "*" not in MAY_IMPORT[package]
    ]

    assert wrong == []


def test_plain_modules_import_only_plain_modules(packages):
    wrong = [
        f"{package} -> {each}"
        for package, each in library_imports(packages)
        if package in PLAIN and each not in PLAIN
    ]

    assert wrong == []


def test_a_class_name_stands_for_one_thing():
    named = Counter(
        node.name
        for top in ("ocr_core", "app")
        for path in (ROOT / top).rglob("*.py")
        for node in tree_of(path).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )

    assert [name for name, count in named.items() if count > 1] == []


def documented(docstring):
    """Yield the names of the parameters that a docstring explains."""
    section = re.search(r"Parameters\n-+\n(.*?)(\n\n\w+\n-+|\Z)", docstring, re.DOTALL)
    for line in section[1].splitlines() if section else ():
        if line and line[0] != " ":
            yield from re.split(r", \*{0,2}", line.partition(" : ")[0].lstrip("*"))


def test_docstrings_explain_parameters_that_there_are():
    wrong = [
        f"{path.relative_to(ROOT)}: {node.name} has no {name}"
        for top in ("ocr_core", "app", "sample_images")
        for path in (ROOT / top).rglob("*.py")
        for node in nodes_of(path)
        if isinstance(node, ast.FunctionDef)
        for name in documented(ast.get_docstring(node) or "")
        if name
        not in {each.arg for each in ast.walk(node.args) if "arg" in each._fields}
    ]

    assert wrong == []


def named_in(path):
    """Yield the attributes and imported names in a module."""
    for node in nodes_of(ROOT / path):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{each.name}" for each in node.names)


def test_only_tokens_and_its_file_read_the_columns_in_which_tokens_are_stored():
    flags = "ocr_core.mining.token_words."
    columns = {"stored", "ocr_core.mining.tokens.TokenColumns"}

    wrong = [
        f"{path} names {name}"
        for top in ("ocr_core", "app")
        for path in (each.relative_to(ROOT) for each in (ROOT / top).rglob("*.py"))
        for name in named_in(path)
        if (name in columns and path not in STORE)
        or (
            name.startswith(flags)
            and path not in PACKING
            and name != f"{flags}TokenWords"
        )
    ]

    assert wrong == []


def test_no_test_imports_another_test():
    wrong = [
        f"{path.name} imports {node.module}"
        for path in (ROOT / "tests").rglob("test_*.py")
        for node in nodes_of(path)
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").rpartition(".")[2].startswith("test_")
    ]

    assert wrong == []


def test_names_that_were_given_up_stay_away():
    found = [
        f"{path.relative_to(ROOT)}:{line} {name}"
        for top in ("ocr_core", "app", "tests")
        for path in (ROOT / top).rglob("*.py")
        for line, name in names_in(path)
        if name in BANNED
    ]

    assert found == []


def test_no_file_is_too_long():
    lengths = {
        path.relative_to(ROOT): len(path.read_text("utf-8").splitlines())
        for top in ("app", "benchmarks", "docs", "ocr_core", "sample_images", "tests")
        for path in (ROOT / top).rglob("*")
        if path.suffix in {".py", ".js", ".css"}
    }

    assert {path: n for path, n in lengths.items() if n > MAX_FILE_LINES} == {}


def test_no_function_is_too_long():
    long = {
        (path.relative_to(ROOT), node.name): length
        for top in ("app", "benchmarks", "docs", "ocr_core", "sample_images", "tests")
        for path in (ROOT / top).rglob("*.py")
        for node in nodes_of(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := body_lines(node)) > MAX_FUNCTION_LINES
    }

    assert long == {}


def body_lines(function):
    first = function.body[bool(ast.get_docstring(function)) :][:1]
    return function.end_lineno - first[0].lineno + 1 if first else 0


ASKING = {  # controls with a label
    *("text_input", "text_area", "number_input", "selectbox", "multiselect"),
    *("segmented_control", "pills", "radio", "slider", "select_slider"),
    *("toggle", "checkbox", "file_uploader", "pick_one", "pick_from_list"),
}
# The views of a screen have no visible label; a tick has the name of what it chooses.
UNEXPLAINED = {"explore_view", "evaluate_view", "counted"}


def test_every_control_of_the_app_is_explained():
    wrong = []
    for path in (ROOT / "app").rglob("*.py"):
        for node in nodes_of(path):
            if not isinstance(node, ast.Call):
                continue
            asking = getattr(node.func, "attr", getattr(node.func, "id", ""))
            given = {each.arg: each.value for each in node.keywords}
            key = given.get("key")
            if asking not in ASKING or {"help", None} & {*given}:
                continue
            if isinstance(key, ast.JoinedStr) and "narrow_" in ast.unparse(key):
                continue
            if not (isinstance(key, ast.Constant) and key.value in UNEXPLAINED):
                wrong.append(f"{path.name}: {ast.unparse(node)[:60]}")

    assert wrong == []
