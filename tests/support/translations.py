"""Translations: the sentences that every language of the interface must have.

``python -m tests.support.translations`` names what a catalogue lacks, has too much or
puts with other blanks; with ``--update`` it writes missing sentences into the
catalogues, to be filled in, and takes out what nothing says any more.
"""

import ast
import re
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from string import Formatter

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from app.i18n import FOLDER, OWN_NAME, phrases
from app.ui.widgets import KNOBS
from app.viewer.transcript import SENTENCES as TRANSCRIPT
from app.viewer.viewer import SENTENCES as VIEWER
from app.workbench.settings_panel import expanders
from app.workbench.uploads import SAMPLES
from ocr_core import errors
from ocr_core.documents.notes import SENTENCES as NOTES
from ocr_core.exports import FORMATS
from ocr_core.exports.pdf.notes import SENTENCES as PDF_NOTES
from ocr_core.knobs import knobs
from ocr_core.mining import Filter
from ocr_core.mining.filter import HIDDEN_BY
from ocr_core.presets import PRESETS
from ocr_core.text.evaluate import Normalization
from tests.support.sources import nodes_of

ROOT = Path(__file__).parents[2]
ERRORS = {name for name in vars(errors) if name.endswith("Error")}
ERRORS |= {"BusyError", "Message"}
MARKS = re.compile(r"\*\*|`|\n|:material/\w+:")
HEADER = """\
msgid ""
msgstr ""
"Language: {code}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""
# Front ends of their own, which speak English.
APART = {"cli", "__main__.py", "server"}
APART |= {"dask_cluster.py", "dask_worker.py", "dask_security.py"}
# What `gettext` is given that is not written there, by module: from a table marked with
# `gettext_noop`, or words of the library, which `library` gathers.
ELSEWHERE = {
    "run_table": ["page.status"],
    "page_list": ["each", "row.status"],
    "cleaning": ["KINDS[change.kind]"],
    "column_help": ["HEADINGS[name]", "HELP[key]"],
    "compare": ["each.capitalize()", "side.name.capitalize()"],
    "checked_pages": ["FIGURES[name]", "GROUPS[each]"],
    "tuning_panel": [
        *("KNOBS[name].label", "KNOBS[each.knob].label", "str(value)"),
        *("str(each.old)", "str(each.new)"),
    ],
    "downloads": [
        "LABELS.get(name, name)",
        "form.help[0].upper() + form.help[1:]",
        "label",
    ],
    "filters": ["knob.help", "knob.label"],
    "help": [
        *("finding.subject", "name", "stop.text", "stop.title", "text", "title"),
    ],
    "rerun_ocr": [
        *("KNOBS[n].label", "KNOBS['engine'].label", "KNOBS['language'].label"),
        *("each.capitalize()", "plan.kind.capitalize()"),
    ],
    "tables": ["HIDDEN_BY[name]"],
    "step_words": [
        *("KEPT_READINGS[name]", "found", "template", "deed"),
    ],
    "tabs": ["STEP_LABELS.get(name, name)"],
    "tour": ["stop.tab", "stop.text", "stop.title"],
    "settings_panel": [
        *("KNOBS[name].label", "name.capitalize()", "kind.help", "title"),
        *("KNOBS['language'].label", "str(value)"),
    ],
    "widgets": [
        "knob.help",
        "knob.label",
        "name",
    ],
    "welcome": ["text"],
    "workbench": ["name"],
}


def calls(folder):
    """Yield every call in a folder's modules: in which, of what, and the call."""
    for path in sorted((ROOT / folder).rglob("*.py")):
        if folder == "ocr_core" and APART & {path.name, path.parent.name}:
            continue
        for node in nodes_of(path):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                yield path.stem, name, node


def strings(node):
    """Return the strings in a table; of a dictionary those that are not keys."""
    if isinstance(node, ast.Dict):
        return {each for value in node.values for each in strings(value)}
    if isinstance(node, ast.Constant):
        return {node.value} if isinstance(node.value, str) else set()
    return {each for child in ast.iter_child_nodes(node) for each in strings(child)}


def literals(node):
    """Return the strings that an expression can be, or None where it is not written."""
    if isinstance(node, ast.IfExp):
        both = literals(node.body), literals(node.orelse)
        return None if None in both else both[0] | both[1]
    written = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return {node.value} if written else None


def template(node):
    """Return the template of a message of the library, or None where it is elsewhere.

    What is filled in stands beside it: a sentence that is put together in English
    cannot be said in any other language.
    """
    assert not isinstance(node, ast.JoinedStr), (
        f"{ast.unparse(node)}: give a template and its values, in a hint by Message()"
    )
    written = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return node.value if written else None


def said():
    """Return the sentences of the app's own modules."""
    found = {OWN_NAME}
    for module, name, call in calls("app"):
        if name == "gettext":
            written = literals(call.args[0])
            expression = ast.unparse(call.args[0])
            assert written is not None or expression in ELSEWHERE.get(module, []), (
                f"gettext({expression}) in {module}: mark its table with gettext_noop()"
            )
            found |= written or set()
        elif name == "gettext_noop":
            found |= strings(call.args[0])
    return found | set(VIEWER) | set(TRANSCRIPT)


def library():
    """Return the sentences of the library that the app shows."""
    found = {"Current settings", "Default settings", "scan", "ok", "blank", "failed"}
    found |= {"undone", "legible lines kept", "pale ink strengthened"}  # of steps
    found |= {path.stem.replace("_", " ").capitalize() for path in SAMPLES.glob("*.*g")}
    found |= set(expanders())
    for knob in [*KNOBS.values(), *knobs(Filter), *knobs(Normalization)]:
        words = {str(choice) for choice in knob.choices}
        found |= {knob.label, knob.help, *filter(str.isalpha, words)}
    for name, preset in PRESETS.items():
        found |= {name.capitalize(), preset.help}
    for form in FORMATS.values():
        found.add(form.help[0].upper() + form.help[1:])
    for _, name, call in calls("ocr_core"):
        if name == "StepReport":
            steps = {template(each) for each in (call.args[0], *call.args[2:3])}
            found |= steps - {None}
        elif ast.unparse(call.func) == "did.append":
            found |= literals(call.args[0])
        elif name == "Finding":
            words = {each for each in strings(call.args[2]) if each[-3:].isalpha()}
            found |= strings(call.args[0]) | words
    return found


def messages():
    """Return the messages of errors and notes."""
    found = {*NOTES.values(), *PDF_NOTES.values(), *HIDDEN_BY.values()}
    for folder in ("ocr_core", "app"):
        for _, name, call in calls(folder):
            if name in ERRORS:
                hints = [word.value for word in call.keywords if word.arg == "hint"]
                texts = [template(each) for each in [*call.args[:1], *hints]]
                found |= {each for each in texts if each and re.search("[a-z]", each)}
    return found


@cache
def sentences():
    """Return every English sentence that is translated."""
    return said() | library() | messages()


def blanks(sentence):
    """Return the names of a sentence's blanks."""
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


def problems(code, wanted):
    """Return what is wrong with a language's catalogue, a line for each sentence."""
    known = phrases(code)
    yield from (f"{code}: missing: {each}" for each in sorted(wanted - set(known)))
    yield from (f"{code}: said nowhere: {each}" for each in sorted(set(known) - wanted))
    for english, other in sorted(known.items()):
        if blanks(english) != blanks(other):
            yield f"{code}: other blanks: {english}"
        elif Counter(MARKS.findall(english)) != Counter(MARKS.findall(other)):
            yield f"{code}: other marks of Markdown: {english}"


def update(code, wanted):
    """Write a catalogue again, sorted, with missing sentences and without unused
    ones."""
    catalogue, known = Catalog(locale=code), phrases(code)
    for each in wanted:
        catalogue.add(each, known.get(each, "")).flags.clear()
    with (FOLDER / f"{code}.po").open("wb") as file:
        file.write(HEADER.format(code=code).encode())
        write_po(file, catalogue, width=0, sort_output=True, omit_header=True)


def main(arguments):
    """Check every catalogue, or update it first; return the exit code."""
    wanted, found = sentences(), []
    for path in sorted(FOLDER.glob("*.po")):
        if "--update" in arguments:
            update(path.stem, wanted)
            phrases.cache_clear()
        found += problems(path.stem, wanted)
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
