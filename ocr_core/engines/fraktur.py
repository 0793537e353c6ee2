"""Fraktur: models for old German print, and the letters in which they answer."""

from collections.abc import Collection, Iterable

from ocr_core.page import Word

# Tesseract's models for German in Fraktur, in order of preference; the letters of
# `Fraktur` and `script/Fraktur` are those of several languages.
FRAKTUR = ("frk", "deu_latf", "Fraktur", "script/Fraktur", "deu_frak")
LONG_S = "\N{LATIN SMALL LETTER LONG S}"
TODAY = "deu"  # the model for German in the letters of today


def fraktur_model(installed: Collection[str]) -> str:
    """Return the preferred one of the installed models for Fraktur, "" if none is."""
    return next((code for code in FRAKTUR if code in installed), "")


def fraktur_language(language: str, installed: Collection[str]) -> str:
    """Return languages, joined by +, with a model for Fraktur in place of German.

    "" if there is no German among them, or no such model is installed.
    """
    codes = language.split("+")
    model = fraktur_model(installed)
    if TODAY not in codes or not model:
        return ""
    return "+".join(model if code == TODAY else code for code in codes)


def in_letters_of_today(words: Iterable[Word]) -> tuple[Word, ...]:
    """Return words with an s for each long s, as models for today's print read it."""
    return tuple(word._replace(text=word.text.replace(LONG_S, "s")) for word in words)
