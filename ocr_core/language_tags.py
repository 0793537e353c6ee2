"""Language tags: converts Tesseract's codes to and from standard language codes.

Sources: RFC 5646 (BCP 47: the shortest code of ISO 639, then the script), ISO 639-1.
"""

import re

# Tesseract's codes that are not codes of ISO 639-2/T, or that include a script.
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
    """Return one of Tesseract's codes as a BCP 47 tag; "" if it is not a language.

    ``deu`` is ``de``, ``jpn_vert`` is ``ja``, ``script/Latin`` is not a language.
    """
    found = CODE.fullmatch(code)
    if code in SPECIAL or not found:
        return SPECIAL.get(code, "")
    return TWO_LETTERS.get(found[1], found[1])


def language_tags(language: str) -> list[str]:
    """Return the distinct tags of codes joined by +."""
    return [*dict.fromkeys(filter(None, map(language_tag, language.split("+"))))]


# ISO 639-2/B, which libraries use, where it differs from Tesseract's codes.
BIBLIOGRAPHIC = dict(
    pair.split(":")
    for pair in (
        "alb:sqi arm:hye baq:eus bur:mya chi:chi_sim cze:ces dut:nld fre:fra geo:kat "
        "ger:deu gre:ell ice:isl mac:mkd mao:mri may:msa per:fas rum:ron slo:slk "
        "tib:bod wel:cym zho:chi_sim"
    ).split()
)
# English names; the names in PAGE XML and ABBYY begin with them ("GermanStandard").
NAMES = dict(
    pair.split(":")
    for pair in (
        "Afrikaans:afr Amharic:amh Arabic:ara Armenian:hye Basque:eus Bengali:ben "
        "Bulgarian:bul Catalan:cat ChineseTaiwan:chi_tra Chinese:chi_sim Croatian:hrv "
        "Czech:ces Danish:dan Dutch:nld English:eng Estonian:est Finnish:fin "
        "French:fra Georgian:kat German:deu Greek:ell Hebrew:heb Hindi:hin "
        "Hungarian:hun Icelandic:isl Indonesian:ind Irish:gle Italian:ita Japanese:jpn "
        "Khmer:khm Korean:kor Latin:lat Latvian:lav Lithuanian:lit Malay:msa "
        "Norwegian:nor OldGerman:frk Persian:fas Polish:pol Portuguese:por "
        "Romanian:ron Russian:rus "
        "Serbian:srp Slovak:slk Slovenian:slv Spanish:spa Swedish:swe Tamil:tam "
        "Thai:tha Turkish:tur Ukrainian:ukr Urdu:urd Vietnamese:vie Welsh:cym "
        "Yiddish:yid"
    ).split()
)
FROM_TAGS = {
    **{tag: code for code, tag in TWO_LETTERS.items()},
    **{"de-latf": "frk", "sr-latn": "srp_latn", "uz-cyrl": "uzb_cyrl"},
    **{"az-cyrl": "aze_cyrl", "zh": "chi_sim", "zh-hans": "chi_sim"},
    **{"zh-hant": "chi_tra", "zh-tw": "chi_tra", "nb": "nor", "nn": "nor"},
}


def tesseract_code(stated: str) -> str:
    """Return a tag, code or English name of a language as one of Tesseract's codes.

    ``de-AT``, ``ger`` and ``German`` are ``deu``; an unknown one is "".
    """
    stated = stated.strip()
    if stated in TWO_LETTERS or stated in SPECIAL:
        return stated
    parts = stated.replace("_", "-").lower().split("-")
    found = FROM_TAGS.get("-".join(parts[:2])) or FROM_TAGS.get(parts[0])
    found = found or BIBLIOGRAPHIC.get(parts[0])
    if not found and parts[0] in TWO_LETTERS:
        found = parts[0]
    names = (code for name, code in NAMES.items() if stated.startswith(name))
    return found or next(names, "")


# Debian's packages tesseract-ocr-NAME whose name differs from the model's.
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
    """Return NAME of the Debian package tesseract-ocr-NAME that contains a model."""
    script = SCRIPTS.get(code.rpartition("/")[2])
    if script:
        return f"script-{script}"
    return OTHERWISE.get(code, code).replace("_", "-").lower()
