"""Language tags: Tesseract's codes as the web and libraries write languages.

Sources: RFC 5646 (BCP 47: the shortest code of ISO 639, then the script), ISO 639-1.
"""

import re

# Tesseract's codes that are no three letters of ISO 639-2/T, or say a script.
SPECIAL = {
    "aze_cyrl": "az-Cyrl",
    "chi_sim": "zh-Hans",
    "chi_sim_vert": "zh-Hans",
    "chi_tra": "zh-Hant",
    "chi_tra_vert": "zh-Hant",
    "dan_frak": "da-Latf",
    "deu_frak": "de-Latf",
    "deu_latf": "de-Latf",
    "frk": "de-Latf",  # Fraktur, not the language of the Franks
    "kur_ara": "ku-Arab",
    "slk_frak": "sk-Latf",
    "srp_latn": "sr-Latn",
    "uzb_cyrl": "uz-Cyrl",
}
TWO_LETTERS = dict(
    pair.split(":")
    for pair in (
        "afr:af amh:am ara:ar asm:as aze:az bel:be ben:bn bod:bo bos:bs bre:br bul:bg "
        "cat:ca ces:cs cos:co cym:cy dan:da deu:de div:dv dzo:dz ell:el eng:en epo:eo "
        "est:et eus:eu fao:fo fas:fa fin:fi fra:fr fry:fy gla:gd gle:ga glg:gl guj:gu "
        "hat:ht heb:he hin:hi hrv:hr hun:hu hye:hy iku:iu ind:id isl:is ita:it jav:jv "
        "jpn:ja kan:kn kat:ka kaz:kk khm:km kir:ky kor:ko lao:lo lat:la lav:lv lit:lt "
        "ltz:lb mal:ml mar:mr mkd:mk mlt:mt mon:mn mri:mi msa:ms mya:my nep:ne nld:nl "
        "nor:no oci:oc ori:or pan:pa pol:pl por:pt pus:ps que:qu ron:ro rus:ru san:sa "
        "sin:si slk:sk slv:sl snd:sd spa:es sqi:sq srp:sr sun:su swa:sw swe:sv tam:ta "
        "tat:tt tel:te tgk:tg tgl:tl tha:th tir:ti ton:to tur:tr uig:ug ukr:uk urd:ur "
        "uzb:uz vie:vi yid:yi yor:yo"
    ).split()
)
CODE = re.compile("([a-z]{3})(_[a-z]+)*")


def language_tag(code: str) -> str:
    """Return one of Tesseract's codes as a tag of BCP 47; "" where it is no language.

    ``deu`` is ``de``, ``jpn_vert`` is ``ja``, ``script/Latin`` says no language.
    """
    found = CODE.fullmatch(code)
    if code in SPECIAL or not found:
        return SPECIAL.get(code, "")
    return TWO_LETTERS.get(found[1], found[1])


def language_tags(language: str) -> list[str]:
    """Return the tags of codes joined by +, each once."""
    return [*dict.fromkeys(filter(None, map(language_tag, language.split("+"))))]


# Debian's packages tesseract-ocr-NAME that are called otherwise than the model.
SCRIPTS = {
    "Arabic": "arab", "Armenian": "armn", "Bengali": "beng",
    "Canadian_Aboriginal": "cans", "Cherokee": "cher", "Cyrillic": "cyrl",
    "Devanagari": "deva", "Ethiopic": "ethi", "Fraktur": "frak", "Georgian": "geor",
    "Greek": "grek", "Gujarati": "gujr", "Gurmukhi": "guru", "HanS": "hans",
    "HanS_vert": "hans-vert", "HanT": "hant", "HanT_vert": "hant-vert",
    "Hangul": "hang", "Hangul_vert": "hang-vert", "Hebrew": "hebr",
    "Japanese": "jpan", "Japanese_vert": "jpan-vert", "Kannada": "knda",
    "Khmer": "khmr", "Lao": "laoo", "Latin": "latn", "Malayalam": "mlym",
    "Myanmar": "mymr", "Oriya": "orya", "Sinhala": "sinh", "Syriac": "syrc",
    "Tamil": "taml", "Telugu": "telu", "Thaana": "thaa", "Thai": "thai",
    "Tibetan": "tibt", "Vietnamese": "viet",
}  # fmt: skip
OTHERWISE = {"deu_latf": "frk", "deu_frak": "frk", "kur_ara": "kmr", "tgl": "fil"}
PACKAGED = ({*TWO_LETTERS, *SPECIAL} - {*OTHERWISE, "dan_frak", "slk_frak"}) | set(
    "ceb chr enm fil frm grc ita_old jpn_vert kat_old kmr kor_vert spa_old syr".split()
)


def package_of(code: str) -> str:
    """Return the end of the name of the Debian package that holds a model."""
    script = SCRIPTS.get(code.rpartition("/")[2])
    if script:
        return f"script-{script}"
    return OTHERWISE.get(code, code).replace("_", "-").lower()
