"""The script of a part of a page, chosen by the confidence of its readings."""

import numpy as np
import pytest

from ocr_core import script_choice
from ocr_core.engines import Recognition
from ocr_core.page import Word
from ocr_core.script_choice import (
    chinese_of,
    is_chinese,
    read_alike,
    read_in_their_script,
)

KEY_AND_BOX = 1, 1, 1, 1, 0, 0, 9, 9
IMAGE = np.full((40, 200), 255, np.uint8)
TEXT = "abcdefghij " * 4
LETTERS = {
    **{"amh": "ለ", "ara": "ب", "chi_sim": "人", "fas": "ب", "heb": "א", "hye": "Ա"},
    **{"jpn": "の", "kat": "ა", "khm": "ក", "lao": "ກ", "rus": "ж", "tel": "త"},
    **{"tha": "ก", "urd": "ب"},
}  # of the scripts of models
INSTALLED = ("eng", "deu", "ara", "heb", "hye", "kat", "khm", "rus", "tha")


def letters_of(language, text):
    """Return a text with all its letters in the script of a language."""
    letter = LETTERS.get(language.removesuffix("_vert"), "")
    return "".join(letter or each if each.isalpha() else each for each in text)


@pytest.fixture
def read(monkeypatch):
    """Return a function that gives OSD's guess, and each model its mean conf."""

    def read(guess, confs, installed=INSTALLED, text=TEXT):
        asked = []

        def reader(knobs, dark=False):
            def words(image):
                asked.append(knobs.language)
                conf = confs.get((knobs.language, image[0, 0]), 20.0)
                own = letters_of(knobs.language, text)
                return [Word(*KEY_AND_BOX, conf, each) for each in own.split()]

            return words

        image = IMAGE.copy()
        image[0, 0] = 0  # the corner that shows whether the image is upright
        monkeypatch.setattr(script_choice, "guess_script", lambda image: guess)
        monkeypatch.setattr(script_choice, "part_reader", reader)
        [found] = read_in_their_script([image], Recognition(), installed)
        return found.script, asked

    return read


def upright(**confs):
    return {(code, 0): conf for code, conf in confs.items()}


def turned(**confs):
    return {(code, 255): conf for code, conf in confs.items()}


# Confidences as measured on drawn pages of these scripts.


def test_a_certain_page_is_read_once_only(read):
    assert read((0, "Latin"), upright(eng=78.6)) == ("Latin", ["eng"])


@pytest.mark.parametrize(
    ("guess", "code", "script", "confs"),
    [
        ((0, "Arabic"), "kat", "Georgian", {"kat": 82.5, "ara": 22.4, "tha": 62.3}),
        ((0, "Thai"), "heb", "Hebrew", {"heb": 82.9, "tha": 71.6, "eng": 28.3}),
        (None, "khm", "Khmer", {"khm": 62.8, "tha": 60.6, "eng": 7.1}),
        ((0, "Latin"), "rus", "Cyrillic", {"rus": 69.3, "tha": 44.1, "eng": 25.5}),
    ],
)
def test_a_script_that_osd_mistakes_is_found_by_reading(
    read, guess, code, script, confs
):
    found, asked = read(guess, upright(**confs))

    assert found == script
    assert code in asked


def test_lines_that_are_vertical_are_read_with_the_model_for_them(read):
    confs = upright(jpn=54.1, jpn_vert=93.2, kat=60.1)
    installed = (*INSTALLED, "jpn", "jpn_vert")

    found, asked = read((0, "Japanese"), confs, installed)

    assert found == "Japanese"
    assert "kat" not in asked
    across, asked = read((0, "Japanese"), upright(jpn=88.0), installed)
    assert (across, "jpn_vert" in asked) == ("Japanese", False)


def test_vertical_lines_that_osd_does_not_know_are_found(read):
    """As measured on a drawn page of grey vertical Chinese."""
    confs = upright(eng=31.0, chi_sim=45.4, chi_sim_vert=82.8, kat=37.7)

    found, _ = read(None, confs, installed=(*INSTALLED, "chi_sim", "chi_sim_vert"))

    assert found == "Han"


@pytest.mark.parametrize(
    ("text", "chinese"),
    [("人人生而自由在尊嚴和權利上", True), ("すべての人間は生まれながら", False)],
)
def test_chinese_that_was_read_as_japanese_has_no_kana(text, chinese):
    assert is_chinese([Word(*KEY_AND_BOX, 90.0, text)]) is chinese


def test_letters_that_osd_turns_over_are_read_both_ways(read):
    found, _ = read((180, "Latin"), upright(hye=88.0) | turned(eng=21.0, hye=20.0))

    assert found == "Armenian"


def test_thai_is_believed_where_it_is_much_surer_than_on_other_scripts(read):
    assert read((0, "Thai"), upright(tha=91.1, eng=3.0))[0] == "Thai"


@pytest.mark.parametrize(
    ("thai", "lao", "script"),
    [
        (83.3, 38.0, "Lao"),
        (77.1, 46.0, "Lao"),
        (94.5, 7.6, "Thai"),
        (93.9, 17.8, "Thai"),
    ],
)
def test_lao_is_told_from_thai_by_how_sure_both_models_are(read, thai, lao, script):
    installed = (*INSTALLED, "lao")

    assert read((0, "Thai"), upright(tha=thai, lao=lao), installed)[0] == script


def test_a_receipt_that_osd_takes_for_another_script_is_latin(read):
    assert read((0, "Cyrillic"), upright(eng=66.0, rus=40.0))[0] == "Latin"


@pytest.mark.parametrize(
    ("guess", "script", "confs"),
    [
        ((0, "Latin"), "Latin", {"eng": 18.7, "khm": 31.8, "tha": 49.1}),  # dots
        (None, "Latin", {"eng": 12.0, "heb": 40.0, "kat": 26.5}),
        ((0, "Hebrew"), "Hebrew", {"eng": 12.0, "heb": 29.0, "khm": 33.0}),
        ((0, "Latin"), "Armenian", {"eng": 12.0, "hye": 48.0, "khm": 33.0}),
    ],
)
def test_where_nothing_can_be_read_the_likely_script_is_kept(
    read, guess, script, confs
):
    assert read(guess, upright(**confs))[0] == script


@pytest.mark.parametrize("paper", [255, 0])
def test_other_scripts_are_tried_once_in_a_document_on_its_darkest_lines(
    monkeypatch, paper
):
    """The second part is read with the script found in the first, and in Latin."""
    image = np.full((90, 200), paper, np.uint8)
    image[40:70:3] = 255 - paper
    asked = []

    def reader(knobs, dark=False):
        def words(part):
            asked.append((knobs.language, len(part), float(np.median(part)) > 127))
            conf = 58.0 if knobs.language == "kat" else 20.0
            own = letters_of(knobs.language, TEXT)
            return [Word(*KEY_AND_BOX, conf, each) for each in own.split()]

        return words

    monkeypatch.setattr(script_choice, "guess_script", lambda image: (0, "Latin"))
    monkeypatch.setattr(script_choice, "part_reader", reader)
    installed = ("eng", "ara", "kat")

    found = read_in_their_script([image, image], Recognition(), installed)

    assert [each.script for each in found] == ["Georgian", "Georgian"]
    assert [(code, height) for code, height, _ in asked] == [
        ("eng", 90),
        ("ara", 30),
        ("kat", 30),
        ("kat", 90),
        ("eng", 90),
        ("kat", 90),
    ]
    assert [is_light for *_, is_light in asked[:4]] == [paper == 255, *[True] * 3]


def test_a_script_is_shown_by_any_of_its_models(read):
    """As measured on a drawn page in Nastaliq, which models of other hands misread."""
    confs = upright(eng=17.7, ara=40.7, fas=38.7, urd=50.4, tha=47.9)

    found, asked = read(None, confs, installed=(*INSTALLED, "fas", "urd"))

    assert found == "Arabic"
    assert [asked.count(code) for code in ("fas", "urd")] == [1, 2]  # lines, then all
    assert read(None, confs, installed=(*INSTALLED, "fas"))[0] == "Latin"


MIXED = "Mekap je paHo yjyTpy OTBapao Bpata Hana3uno ce "  # Serbian, read as English


def test_letters_that_look_like_latin_ones_are_read_in_their_own_script(read):
    guess = 0, "Latin"

    assert read(guess, upright(eng=69.0, rus=85.1), text=MIXED)[0] == "Cyrillic"
    assert read(guess, upright(eng=69.0, rus=40.0), text=MIXED)[0] == "Latin"
    assert read(guess, upright(eng=69.0, rus=85.1)) == ("Latin", ["eng"])


def test_a_few_lines_with_few_letters_lead_to_the_whole_part(monkeypatch):
    """A receipt in Telugu: the lines tried have 14 letters, all of it has 42."""
    assert script_of(monkeypatch, tel=(42, 93.5), eng=(37, 24.5), urd=(84, 20.0)) == (
        "Telugu"
    )


def test_a_model_that_is_surer_of_far_fewer_letters_hides_no_script(monkeypatch):
    """As measured on a title page in Nastaliq."""
    confs = {"urd": (258, 50.0), "jpn": (66, 48.0), "amh": (42, 33.9), "eng": (53, 28)}

    assert script_of(monkeypatch, **confs) == "Arabic"


def test_a_few_lines_that_are_certain_show_a_script_of_a_part(monkeypatch):
    """As measured on a receipt in Arabic, whose rules disturb the whole part."""
    image = np.full((90, 200), 255, np.uint8)

    def reader(knobs, dark=False):
        few = {"ara": 72.5, "eng": 8.3}[knobs.language]
        whole = {"ara": 44.7, "eng": 19.4}[knobs.language]

        def words(part):
            conf = few if len(part) < 90 else whole
            return [Word(*KEY_AND_BOX, conf, letters_of(knobs.language, "a" * 34))]

        return words

    monkeypatch.setattr(script_choice, "guess_script", lambda image: None)
    monkeypatch.setattr(script_choice, "part_reader", reader)

    [found] = read_in_their_script([image], Recognition(), ("ara", "eng"))

    assert found.script == "Arabic"


def test_a_part_whose_whole_is_read_no_better_stays_latin(monkeypatch):
    assert script_of(monkeypatch, hye=(27, 90.0), eng=(37, 24.5)) == "Latin"
    assert script_of(monkeypatch, hye=(270, 44.0), eng=(300, 24.5)) == "Latin"
    assert script_of(monkeypatch, hye=(270, 44.0), eng=(37, 24.5)) == "Armenian"


def script_of(monkeypatch, **readings):
    """Return the script of a part by the letters and conf that each model reads.

    Letters are those of all its rows; a third of the rows has a third of them.
    """
    image = np.full((90, 200), 255, np.uint8)

    def reader(knobs, dark=False):
        letters, conf = readings[knobs.language]

        def words(part):
            own = letters_of(knobs.language, "a" * (letters * len(part) // 90))
            return [Word(*KEY_AND_BOX, conf, own)]

        return words

    monkeypatch.setattr(script_choice, "guess_script", lambda image: None)
    monkeypatch.setattr(script_choice, "part_reader", reader)
    [found] = read_in_their_script([image], Recognition(), tuple(readings))
    return found.script


def test_few_letters_and_uncertain_words_are_latin(read):
    few = read(None, upright(kat=90.0, eng=90.0), text="12 34 ab 56")[0]
    unread = read(None, {}, installed=("eng", "deu"))[0]

    assert (few, unread) == ("Latin", "Latin")


def test_a_script_without_an_installed_model_is_believed_where_nothing_reads_well(read):
    unread, asked = read((0, "Cyrillic"), upright(eng=18.0), installed=("eng",))
    receipt, _ = read((0, "Cyrillic"), upright(eng=66.0), installed=("eng",))

    assert (unread, asked) == ("Cyrillic", ["eng"])
    assert receipt == "Latin"


PERSIAN = """هر کس حق دارد در برابر تعقیب، شکنجه و آزار پناهگاهی جستجو کند و در
کشورهای دیگر پناه اختیار کند"""
AS_ARABIC = str.maketrans("پگکیچ", "بككىج")  # what a model of Arabic makes of it
URDU = """شہر کا بڑا کتب خانہ دریا کے کنارے واقع ہے اور روزانہ سینکڑوں لوگ یہاں اخبار
پڑھنے آتے ہیں اور دوسری منزل پر پرانے قلمی نسخے رکھے گئے ہیں"""
URDU_AS_PERSIAN = str.maketrans("ٹڈڑےںہھ", "تدژینهه")
ARABIC = "لكل فرد الحق في أن يلجأ إلى بلاد أخرى هربا من الاضطهاد ولا ينتفع بهذا الحق"


@pytest.mark.parametrize(
    ("in_arabic", "in_persian", "in_urdu", "language"),
    [
        (PERSIAN.translate(AS_ARABIC), PERSIAN, PERSIAN, "fas"),
        (ARABIC, ARABIC, ARABIC, "ara"),
        (
            URDU.translate(URDU_AS_PERSIAN).translate(AS_ARABIC),
            URDU.translate(URDU_AS_PERSIAN),
            URDU,
            "urd",
        ),
    ],
)
def test_languages_of_one_script_are_told_by_the_readings_of_their_own_models(
    monkeypatch, in_arabic, in_persian, in_urdu, language
):
    texts = {"ara": in_arabic, "fas": in_persian, "urd": in_urdu}

    def words(text):
        return [Word(*KEY_AND_BOX, 90.0, each) for each in text.split()]

    monkeypatch.setattr(
        script_choice,
        "part_reader",
        lambda knobs: lambda _: words(texts[knobs.language]),
    )
    first = words(in_arabic)

    found = read_alike("ara", first, [IMAGE], Recognition(), [*texts, "eng"])

    assert found == language


def test_urdu_is_found_where_only_persian_is_near_what_was_read(monkeypatch):
    persian = URDU.translate(URDU_AS_PERSIAN)
    texts = {"ara": persian.translate(AS_ARABIC), "fas": persian, "urd": URDU}

    def words(code):
        return [Word(*KEY_AND_BOX, 90.0, each) for each in texts[code].split()]

    monkeypatch.setattr(
        script_choice,
        "part_reader",
        lambda knobs: lambda _: words(knobs.language),
    )
    # Of a longer text read as Arabic, Persian is 22 and Urdu 34 behind.
    monkeypatch.setattr(script_choice, "ALIKE", 10.0)

    assert read_alike("ara", words("ara"), [IMAGE], Recognition(), [*texts]) == "urd"


@pytest.mark.parametrize(
    ("vertical", "installed", "found"),
    [
        (False, ("chi_sim", "chi_tra"), "chi_tra"),
        (True, ("chi_sim", "chi_tra", "chi_sim_vert", "chi_tra_vert"), "chi_sim"),
        (True, ("chi_sim", "chi_tra", "chi_tra_vert"), "chi_tra"),
        (True, ("chi_sim", "chi_tra"), ""),
    ],
)
def test_traditional_chinese_is_told_by_the_surer_model(
    monkeypatch, vertical, installed, found
):
    confs = {"chi_sim": 78.9, "chi_tra": 90.0, "chi_sim_vert": 84.4}

    def reader(knobs):
        conf = confs.get(knobs.language, 82.5)
        return lambda image: [Word(*KEY_AND_BOX, conf, "人人生而自由")]

    monkeypatch.setattr(script_choice, "part_reader", reader)

    assert chinese_of([IMAGE], Recognition(), installed, vertical=vertical) == found


def of_letters(*languages):
    """Return readers, by language, of pages in that language."""
    texts = {
        "heb": "כל בני אדם נולדו בני חורין ושווים בערכם",
        "yid": "יעדער מענטש ווערט געבוירן פריי און גלייך אין כבוד",
    }
    return [Word(*KEY_AND_BOX, 90.0, each) for each in texts[languages[0]].split()]


@pytest.mark.parametrize(
    ("language", "installed", "found"),
    [
        ("heb", ("heb", "yid"), "heb"),
        ("yid", ("heb", "yid"), "yid"),
        ("yid", ("heb",), "heb"),
    ],
)
def test_yiddish_is_told_from_hebrew_by_its_letters(language, installed, found):
    words = of_letters(language)

    assert read_alike("heb", words, [IMAGE], Recognition(), installed) == found


def test_a_lexicon_of_persian_does_not_prove_a_list_of_urdu_words(monkeypatch):
    persian, urdu = (
        "آزادی زبان نکاح کس تمام مردون کهربار",
        "آزادی زبان نکاح کے تمام مردوں گھربار ہر",
    )
    texts = {"ara": persian, "fas": persian, "urd": urdu}
    monkeypatch.setattr(
        script_choice,
        "part_reader",
        lambda knobs: (
            lambda _: [
                Word(*KEY_AND_BOX, 90.0, each) for each in texts[knobs.language].split()
            ]
        ),
    )
    first = [Word(*KEY_AND_BOX, 90.0, each) for each in persian.split()]

    assert read_alike("fas", first, [IMAGE], Recognition(), [*texts]) == "urd"


@pytest.mark.parametrize(
    ("others", "found"),
    [([("Thai", 20, 40.0)], "Arabic"), ([("Thai", 60, 40.0)], "Latin")],
)
def test_a_script_of_few_letters_is_believed_if_no_other_reads_them(others, found):
    def reading(script, letters, conf):
        letter = {"Thai": "ก", "Arabic": "ب"}.get(script, "a")
        words = [Word(*KEY_AND_BOX, conf, letter * letters)]
        return script_choice.ScriptReading(script, 0, words)

    readings = [reading("Latin", 3, 20.0), reading("Arabic", 40, 42.0)]
    readings += [reading(*each) for each in others]

    assert script_choice._standing_out(readings).script == found
