"""Language names: readable and searchable names of Tesseract's models.

The names come from Unicode CLDR, through Babel.
"""

from collections.abc import Iterable
from functools import cache

from babel import Locale, UnknownLocaleError

from ocr_core.documents.notes import LANGUAGE_NOTES
from ocr_core.engines import AUTO
from ocr_core.language_tags import language_tag
from ocr_core.page import Note

from ..i18n import current, gettext, translate_message

MATHEMATICS = "equ"


def language_name(code: str) -> str:
    """Return the name of a language in English, itself and the user's language.

    The code is appended. A model for a script is named after the script, because it
    reads all languages written in it.
    """
    if code == AUTO:
        return gettext("Find it by itself (auto)")
    if is_script(code):
        name = code.rpartition("/")[2].replace("_", ", ")
        return f"{gettext('{name}: any language of the script', name=name)} ({code})"
    if code == MATHEMATICS:
        return f"{gettext('mathematics')} ({code})"
    named = [_name(code, reader) for reader in ("en", "", current())]
    names: dict[str, str] = {}
    for name in filter(None, named):
        names.setdefault(name.casefold(), name)
    shown = " · ".join(names.values())
    kind = code.rpartition("_")[2]
    variants = {"vert": gettext("vertical writing"), "old": gettext("old spelling")}
    parts = [each for each in (shown, variants.get(kind)) if each]
    return f"{', '.join(parts)} ({code})" if parts else code


def language_names(codes: str) -> str:
    """Return the names of languages that are given as ``deu+frk``, in the user's."""
    return " + ".join(_name(code, current()) or code for code in codes.split("+"))


def in_order(codes: Iterable[str]) -> list[str]:
    """Sort models by the English names of their languages, scripts last."""
    return sorted(codes, key=lambda code: (is_script(code), _name(code, "en"), code))


def evidence(notes: Iterable[Note]) -> str:
    """Return what speaks for or against the language of a page, by its notes."""
    return " ".join(
        translate_message(note.text) for note in notes if note.code in LANGUAGE_NOTES
    )


def is_script(code: str) -> bool:
    """Return whether a model is for a script instead of a language."""
    return code.rpartition("/")[2][:1].isupper()


@cache
def _name(code: str, reader: str = "") -> str:
    """Return the name of a language in the language `reader`, or in itself."""
    language, _, script = language_tag(code).partition("-")
    try:
        locale = Locale.parse(reader or language)
    except (UnknownLocaleError, ValueError):
        return ""
    known = str(locale.languages.get(language) or "")
    kind = locale.scripts.get(script)
    return f"{known}, {kind}" if known and kind else known
