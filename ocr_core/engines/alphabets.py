"""Alphabets: the letters without which a language cannot be read."""

import unicodedata

# Written in other letters than Latin ones alone.
OTHER_SCRIPTS = frozenset({"chi_sim", "chi_tra", "jpn"})
# Letters beyond a to z that a language cannot be read without. The recogniser's own
# alphabet decides which of these languages it covers.
LETTERS = {
    "afr": "êëïôû",
    "cat": "àçèéíïòóúü",
    "ces": "áčďéěíňóřšťúůýž",
    "chi_sim": "的一是不了在人有我他这",
    "chi_tra": "的一是不了在人有我他這",
    "dan": "åæø",
    "deu": "äöüß",
    "eng": "",
    "epo": "ĉĝĥĵŝŭ",
    "est": "äõöüšž",
    "eus": "ñ",
    "fin": "äö",
    "fra": "àâæçéèêëîïôœùûüÿ",
    "gle": "áéíóú",
    "glg": "áéíñóú",
    "hrv": "čćđšž",
    "hun": "áéíóöőúüű",
    "ind": "",
    "isl": "áðéíóúýþæö",
    "ita": "àèéìòù",
    "jpn": "のあいうえおアイウ日本",
    "kor": "가나다라이는",
    "lat": "",
    "lav": "āčēģīķļņšūž",
    "lit": "ąčęėįšųūž",
    "msa": "",
    "nld": "éëï",
    "nor": "åæø",
    "pol": "ąćęłńóśźż",
    "por": "ãáâàçéêíóôõú",
    "ron": "ăâîșț",
    "rus": "абвгдежзийклмноп",
    "slk": "áäčďéíĺľňóôŕšťúýž",
    "slv": "čšž",
    "spa": "áéíñóúü",
    "sqi": "çë",
    "swe": "äåö",
    "tur": "çğıöşü",
    "vie": "ăâđêôơưạảấầẩẫậ",
}


def in_latin_letters(language: str) -> bool:
    """Tell whether languages, joined by +, are written in Latin letters alone."""
    codes = language.split("+")
    return all(code in LETTERS for code in codes) and all(
        "LATIN" in unicodedata.name(letter)
        for code in codes
        for letter in LETTERS[code]
    )
