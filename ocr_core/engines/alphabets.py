"""Alphabets: the letters that a model must know to read a language."""

import unicodedata

# Languages that are not written in Latin letters only.
OTHER_SCRIPTS = frozenset({"chi_sim", "chi_tra", "jpn"})
# Letters other than a to z that a model must know to read a language. The recogniser
# supports the languages whose letters are all in its own alphabet.
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
    """Return whether languages, joined by +, are written in Latin letters only."""
    codes = language.split("+")
    return all(code in LETTERS for code in codes) and all(
        "LATIN" in unicodedata.name(letter)
        for code in codes
        for letter in LETTERS[code]
    )
