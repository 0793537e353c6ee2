"""Form groups: misreadings are corrected everywhere, names and parts of words never."""

import csv
import io

import pytest

from ocr_core.corpus import Corpus
from ocr_core.corpus.group_corrections import replaced, replacements_of
from ocr_core.mining.form_groups import FormGroup, form_groups, grouped
from ocr_core.mining.misreadings import (
    FOREIGN_ACCENT,
    INNER_CAPITAL,
    FormOccurrence,
)
from ocr_core.mining.variants import CONFUSIONS
from tests.support.written_corpora import CALIBRATION, fill, page, tokens_of

TEXT = "The boats lay in the harbour and the wind was fair for the whole day\n" * 6
MISREAD = (
    "tbe|60 boats lay in tlie|55 harbour and thc|62 wind was fair\n"
    "tbe|58 bathtbe|90 was Hansen|70 and tbe-house|60 in tbe,|60 day"
)


@pytest.fixture
def corpus(tmp_path):
    with Corpus(tmp_path / "c.sqlite", write=True) as opened:
        fill(opened, page("a", TEXT), page("b", MISREAD), page("c", "tbe|61 day"))
        yield opened


def group_of(corpus, word):
    [found] = [group for group in corpus.suspicious_groups() if group.word == word]
    return found


def words(corpus, doc_id):
    return {n: row for n, row in enumerate(corpus.page(doc_id, 1).rows)}


def test_the_misreadings_of_a_word_are_one_group(corpus):
    group = group_of(corpus, "the")

    assert group.forms == ("tbe", "thc", "tlie")
    assert len(group.occurrences) == 6 and len(group.shown) == 5
    # One place of each form comes first, so that none is accepted unseen.
    assert {occurrence.form for occurrence in group.shown[:3]} == {"tbe", "thc", "tlie"}
    assert 3 < group.expected <= 6
    assert corpus.suspicious_groups()[0].word == "the"


def test_a_calibrated_confidence_is_not_calibrated_again():
    """Words with 90 are wrong once in ten, and with 0 not quite always."""
    chances = {}
    for conf in (90, 0):
        for reports in ((), (CALIBRATION,)):
            pages = page("a", TEXT), page("b", f"tbe|{conf} day", reports=reports)
            [group] = form_groups(tokens_of(pages))
            chances[conf, bool(reports)] = group.occurrences[0].chance

    assert chances[90, True] < chances[90, False]
    assert chances[0, False] < chances[0, True] < 1


def test_words_are_corrected_everywhere_as_if_by_hand(corpus):
    group = group_of(corpus, "the")

    assert corpus.replace_forms(replacements_of(group.occurrences), "the") == 6

    text = corpus.page("b", 1).text
    assert text == (
        "the boats lay in the harbour and the wind was fair\n"
        "the bathtbe was Hansen and tbe-house in the, day"
    )
    word = words(corpus, "b")[0]
    assert (word.text, word.conf, word.conf_engine) == ("the", 100, 60)
    assert len(corpus.corrections()) == 6
    assert "the" not in {group.word for group in corpus.suspicious_groups()}
    assert corpus.search("tlie") == []


def test_a_step_is_undone_as_a_whole_and_spares_later_corrections(corpus):
    before = [corpus.page(name, 1) for name in "abc"]
    group = group_of(corpus, "the")
    corpus.replace_forms(replacements_of(group.occurrences), "tbe → the")
    corpus.correct("c", 1, 0, "thee")

    [step] = corpus.correction_steps()
    assert (step.title, step.words) == ("tbe → the", 6)
    assert corpus.undo_step() == step

    assert corpus.correction_steps() == [] and corpus.undo_step() is None
    assert [corpus.page(name, 1) for name in "ab"] == before[:2]
    assert corpus.page("c", 1).text == "thee day"


def test_words_that_a_person_has_confirmed_stay(corpus):
    group = group_of(corpus, "the")
    corpus.correct("c", 1, 0, "tbe")

    assert corpus.replace_forms(replacements_of(group.occurrences)) == 5
    assert corpus.page("c", 1).text == "tbe day"
    assert corpus.replace_forms(replacements_of(group.occurrences)) == 0
    assert len(corpus.correction_steps()) == 1


def test_a_word_with_a_control_character_stays_and_the_others_are_corrected(tmp_path):
    with Corpus(tmp_path / "c.sqlite", write=True) as opened:
        fill(opened, page("a", TEXT), page("b", "tbe\x01|58 day tbe|58 day"))
        group = group_of(opened, "the")

        assert opened.replace_forms(replacements_of(group.occurrences)) == 1
        assert opened.page("b", 1).text == "tbe\x01 day the day"


def test_refused_forms_are_not_proposed_again(corpus):
    corpus.refuse_forms([("TBE", "the"), ("thc", "The")])

    assert group_of(corpus, "the").forms == ("tlie",)

    corpus.refuse_forms([("tbe", "the")], refused=False)
    assert group_of(corpus, "the").forms == ("tbe", "tlie")


@pytest.mark.parametrize(
    ("text", "form", "language", "found"),
    [
        ("tbe", "tbe", "eng", "the"),
        ("(tbe),", "tbe", "eng", "(the),"),
        ("bathtbe", "tbe", "eng", None),
        ("tbe-house", "tbe", "eng", None),
        ("tbe/tbe", "tbe", "eng", None),
        ("l'tbe", "tbe", "fra", "l'the"),
    ],
)
def test_only_a_whole_token_is_replaced(text, form, language, found):
    assert replaced(text, form, "the", language) == found


def test_names_of_their_own_are_not_corrected():
    text = (
        "Hansen|80 came\n" * 20 + "Hanson|80 came\n" * 12 + "Smyth|80 met smith\n" * 3
    )
    groups = form_groups(tokens_of([page("a", text)]))

    assert not {form for group in groups for form in group.forms} & {"hanson", "smyth"}


def test_a_language_is_corrected_by_its_own_words():
    confusions = {**CONFUSIONS, ("a", "x"): 0.25, ("u", "x"): 0.25}
    pages = [
        page("a", "und das Haus und der Hof und die Stadt\n" * 9, language="deu"),
        page("b", "xnd|50 here\n" + "the town and the house\n" * 9, language="eng"),
        page("c", "xnd|50 das Haus", language="deu"),
    ]
    found = {
        group.language: (group.word, group.forms)
        for group in form_groups(tokens_of(pages), confusions)
    }

    assert found == {"deu": ("und", ("xnd",)), "eng": ("and", ("xnd",))}


@pytest.mark.parametrize(
    ("form", "replacement"),
    [("tbe", "the"), ("Tbe", "The"), ("TBE", "THE"), ("Bumley", "Burnley")],
)
def test_capitals_are_those_of_the_place(form, replacement):
    text = "The town of Burnley is near the river\n" * 9
    groups = form_groups(tokens_of([page("a", text), page("b", f"{form}|50 is near")]))

    [found] = [occurrence for group in groups for occurrence in group.occurrences]
    assert (found.form, found.replacement) == (form, replacement)


@pytest.mark.parametrize(
    ("form", "replacement"),
    [
        # A heading's capitals are not those of the place.
        ("harbovr", "harbour"),
        # Where the first letter was misread, the word is written as it usually is.
        ("Tbursday", "Thursday"),
        ("fhursday", "Thursday"),
        ("McKenzle", "McKenzie"),
    ],
)
def test_capitals_of_headings_are_not_those_of_a_word(form, replacement):
    text = "HARBOUR NEWS\nHARBOUR NEWS\nHarbour news\nthe harbour on Thursday\n"
    text = f"{text}met McKenzie there\n" * 6
    groups = form_groups(tokens_of([page("a", text), page("b", f"the {form}|40 was")]))

    [found] = [each for group in groups for each in group.occurrences]
    assert (found.form, found.replacement) == (form, replacement)


def test_a_word_that_only_the_lexicon_has_is_proposed():
    """A name or a word in which two letters are wrong is not."""
    text = "was|90 there|90 and|90 then|90 gone|90 for|90\n" * 40
    forms = "suspicion understanding".replace("c", "e").replace("nd", "ud", 1)
    forms += " Hansem indcpendeut"
    read = "\n".join(f"{form}|30" for form in forms.split())
    groups = form_groups(tokens_of([page("a", text), page("b", read)]))

    assert {pair for group in groups for pair in group.pairs} == {
        ("suspieion", "suspicion"),
        ("uuderstanding", "understanding"),
    }


def test_a_longer_form_is_likelier_misread_than_a_shorter_one():
    text = "the|90 representation|90 and|90 the|90 fort|90\n" * 9
    read = page("b", "reprezentation|50 forz|50")
    chances = {
        each.form: each.chance
        for group in form_groups(tokens_of([page("a", text), read]))
        for each in group.occurrences
    }

    assert chances["reprezentation"] > 0.9
    assert chances.get("forz", 0.0) < chances["reprezentation"]


# Groups of a confusion

CONFUSED = (
    "bouse|45 otber|45 brotber|45 fatber|45 weatber|45 tlie|45 wind\n"
    "bouse|45 and Hansen|70"
)
WORDS = "the house and the other brother or the father in the weather\n" * 8


@pytest.fixture
def confused(tmp_path):
    with Corpus(tmp_path / "c.sqlite", write=True) as opened:
        fill(opened, page("a", WORDS), page("b", CONFUSED))
        yield opened


def test_one_confusion_in_many_words_is_one_group(confused):
    first, *others = confused.suspicious_groups()

    assert (first.confusion, first.name, first.word) == (("h", "b"), "h→b", "")
    assert first.pairs[0] == ("bouse", "house")
    assert {word for _, word in first.pairs} == {
        *("house", "other", "brother", "father", "weather")
    }
    assert [group.pairs for group in others] == [(("tlie", "the"),)]


def test_each_place_is_in_one_group(confused):
    tokens = [
        each.token
        for group in confused.suspicious_groups()
        for each in group.occurrences
    ]

    assert len(tokens) == len(set(tokens)) == 7


def test_accents_that_a_language_does_not_have_are_one_group():
    """Those that it has stay: "ou" and "où" are two words of French."""
    text = "the storm and the harbour were over the old town\n" * 8
    read = "stôrm|45 harbòur|45 wëre|45 tówn|45 ôver|45"
    found = form_groups(tokens_of([page("a", text), page("b", read)]))

    assert [group.confusion for group in found] == [FOREIGN_ACCENT]
    assert {pair for group in found for pair in group.pairs} == {
        *(("stôrm", "storm"), ("harbòur", "harbour"), ("wëre", "were")),
        *(("tówn", "town"), ("ôver", "over")),
    }

    text = "la mer ou le port, où il était\n" * 8
    french = [page("a", text, language="fra"), page("b", "où|45", language="fra")]
    assert form_groups(tokens_of(french)) == []


def test_capitals_inside_words_are_one_group_and_names_have_theirs():
    text = "the harbour was quick\nmet McKenzie there\nO'Connor of DeVries\n" * 6
    read = "harbOur|40 quicK|40 KisSed|40 tHe|40 HARBoUR|40"
    [group] = form_groups(tokens_of([page("a", text), page("b", read)]))

    assert group.confusion == INNER_CAPITAL
    found = {each.form: each.replacement for each in group.occurrences}
    assert found == {"harbOur": "harbour", "quicK": "quick", "KisSed": "Kissed"}
    assert group.pairs == (
        *(("KisSed", "kissed"), ("harbOur", "harbour"), ("quicK", "quick")),
    )


def test_capitals_are_refused_and_accepted_in_a_sheet(shell, tmp_path):
    text = "the harbour was quick and the sea was calm\n" * 6
    with Corpus(tmp_path / "c.sqlite", write=True) as opened:
        fill(opened, page("a", text), page("b", "harbOur|40 quicK|40"))
        sheet, rows = sheet_of(shell, opened, tmp_path)
        assert rows[0]["forms"] == "harbOur→harbour quicK→quick"
        rows[0]["accept"] = "quicK"
        write(sheet, rows)

        call = shell("correct", opened.path, "--filled", sheet)

        assert call.code == 0 and opened.page("b", 1).text == "harbOur quick"
        assert opened.suspicious_groups() == []


def test_of_two_groups_comes_first_what_a_person_probably_accepts():
    def located(token, form, word, chance):
        own = token, "a", 1, 1, token, form, word, 60, chance
        return FormOccurrence(*own, word, "eng", (("h", "b"),))

    # Three places of one form, right together with 0.69; two forms with 0.9 each.
    doubtful = [located(n, "accessary", "accessory", 0.69) for n in (1, 2, 3)]
    sure = [located(4, "tbe", "the", 0.9), located(5, "tlie", "the", 0.98)]

    # 0.69 * 2.07 = 1.43 and 0.9 * 0.98 * 1.88 = 1.66 words put right are expected.
    assert [group.word for group in grouped([*doubtful, *sure])] == ["the", "accessory"]


def test_a_form_that_is_not_likely_enough_is_not_grouped_by_its_confusion():
    def located(token, form, word, chance):
        own = token, "a", 1, 1, token, form, word, 60, chance
        return FormOccurrence(*own, word, "eng", (("h", "b"),))

    sure = [located(1, "bouse", "house", 0.95), located(2, "otber", "other", 0.95)]
    found = grouped(
        [*sure, located(3, "bim", "him", 0.6), located(4, "bim", "him", 0.7)]
    )

    assert [group.key for group in found] == [("", "h→b", 1), ("eng", "him", 1)]


def test_a_sheet_accepts_some_forms_of_a_confusion(shell, confused, tmp_path):
    sheet, rows = sheet_of(shell, confused, tmp_path)
    assert (rows[0]["word"], rows[0]["confusion"]) == ("", "h→b")
    assert rows[0]["forms"].split()[0] == "bouse→house"

    rows[0]["accept"] = "bouse otber"
    write(sheet, rows)
    call = shell("correct", confused.path, "--filled", sheet)

    assert call.code == 0 and "3 words corrected" in call.err
    assert confused.page("b", 1).text == (
        "house other brotber fatber weatber tlie wind\nhouse and Hansen"
    )
    assert ("fatber", "father") in confused.refused_forms()


# The command


def sheet_of(shell, corpus, tmp_path):
    sheet = tmp_path / "groups.csv"
    shell("correct", corpus.path, "--sheet", sheet)
    return sheet, list(csv.DictReader(io.StringIO(sheet.read_text("utf-8"))))


def write(sheet, rows):
    with sheet.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def test_a_filled_sheet_corrects_some_forms_and_is_undone(shell, corpus, tmp_path):
    sheet, rows = sheet_of(shell, corpus, tmp_path)
    first = rows[0]
    assert (first["word"], first["forms"], first["places"]) == (
        "the",
        "tbe thc tlie",
        "6",
    )
    assert "[tbe]" in first["examples"]

    first["accept"] = "tbe tlie"
    write(sheet, rows)
    call = shell("correct", corpus.path, "--filled", sheet)
    assert call.code == 0 and "5 words corrected" in call.err
    text = corpus.page("b", 1).text
    assert "thc wind" in text and "in the harbour" in text
    assert ("thc", "the") in corpus.refused_forms()

    call = shell("correct", corpus.path, "--undo")
    assert "5 corrections undone" in call.err and "tlie" in corpus.page("b", 1).text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a,b\n1,2\n", "not a sheet of groups"),
        ("word,language,forms,accept\nthe,eng,tbe,thx\n", "has no form thx"),
    ],
)
def test_what_is_no_sheet_is_refused(shell, corpus, tmp_path, content, message):
    sheet = tmp_path / "groups.csv"
    sheet.write_text(content)

    call = shell("correct", corpus.path, "--filled", sheet)

    assert call.code in (2, 3) and message in call.err
    assert corpus.corrections() == []


def test_a_sheet_that_is_too_large_is_refused_as_a_whole(
    shell, corpus, tmp_path, monkeypatch
):
    row = "the,eng,tbe,yes\n"
    monkeypatch.setattr("ocr_core.evaluation.audit.SHEET_BYTES", 2 * len(row) + 30)
    sheet = tmp_path / "groups.csv"
    sheet.write_text("word,language,forms,accept\n" + 3 * row)

    call = shell("correct", corpus.path, "--filled", sheet)

    assert call.code == 3 and "not a sheet of groups" in call.err
    assert corpus.corrections() == []


def test_a_shared_corpus_with_added_data_is_opened(corpus):
    corpus.replace_forms(replacements_of(group_of(corpus, "the").occurrences))
    corpus.refuse_forms([("thy", "the")])
    corpus.confirm_misread("the", ["tbe"])
    corpus.set_stop_list("eng", ["the"])

    with Corpus(corpus.path, write=True, foreign=True) as opened:
        assert len(opened.correction_steps()) == 1


# What is accepted


def occurrence(token, form, chance):
    own = token, "a", 1, 1, token, form, "the", 60, chance
    return FormOccurrence(*own, "the", "eng", (("h", form),))


def test_the_most_doubtful_place_of_each_form_is_shown_first(corpus):
    occurrences = group_of(corpus, "the").occurrences
    first = {}
    for each in occurrences:
        first.setdefault(each.form.lower(), each.chance)

    for each in occurrences:
        assert first[each.form.lower()] <= each.chance
    chances = [each.chance for each in occurrences[:3]]
    assert chances == sorted(chances)


@pytest.mark.parametrize(
    ("right", "tokens"),
    [
        # Five of six forms are shown, and f has no place among them.
        ([True] * 5, [1, 2, 3, 4, 5, 6, 7]),
        ([False, True, True, True, True], [2, 3, 4, 5, 6]),
        ([False, False, True, True, True], [3, 4, 5]),
        ([False] * 5, []),
    ],
)
def test_forms_not_shown_are_accepted_if_four_of_five_places_are_right(right, tokens):
    shown = [occurrence(n, form, 0.6) for n, form in enumerate("abcde", 1)]
    occurrences = (*shown, occurrence(6, "f", 0.8), occurrence(7, "a", 0.9))
    group = FormGroup("the", "eng", occurrences)

    assert [each.token for each in group.accepted(right)] == tokens


def test_words_that_are_as_likely_share_the_chance():
    # "bari" is one letter from both, which are as frequent: neither is likely enough.
    text = "hari satu\ndari dua\n" * 30
    both = form_groups(tokens_of([page("a", text), page("b", "bari|50 tiga")]))
    alone = form_groups(
        tokens_of([page("a", text.replace("dari", "kota")), page("b", "bari|50 tiga")])
    )

    [occurrence] = [p for g in alone for p in g.occurrences if p.form == "bari"]
    assert occurrence.replacement == "hari" and occurrence.chance > 0.5
    assert all(p.chance < occurrence.chance for g in both for p in g.occurrences)
