import json

import numpy as np
import pytest

from ocr_core.evaluation.comparison import (
    agreement,
    by_quality,
    by_truth,
    line_errors,
    marked_differences,
    paired,
)
from ocr_core.evaluation.scoring import PageScore
from ocr_core.page import PageRef, PageResult, Word
from ocr_core.text.evaluate import Normalization, score

PLAIN = Normalization()
NAMES = ("A", "B")


def columns(first, second, characters=100):
    return np.array(
        [[a, b, characters] for a, b in zip(first, second, strict=True)], float
    )


def test_a_gain_on_every_page_is_certain():
    found = paired(NAMES, columns([9] * 8, [4] * 8), "CER", "pages")

    assert found.better == "B"
    assert (found.gain.value, found.gain.low, found.gain.high, found.share) == (
        *[pytest.approx(0.05)] * 3,
        1.0,
    )
    assert found.sentence == (
        "B is better than A: its CER is 5.00 points lower (95 % interval 5.00 to 5.00; "
        "better in 100.0 % of the bootstrap samples of pages)."
    )


def test_the_better_one_may_be_the_first():
    found = paired(NAMES, columns([1, 2] * 4, [9, 8] * 4), "CER", "pages")

    assert found.better == "A"
    assert str(found.sentence).startswith("A is better than B: its CER is 7.00 points")


def test_gains_and_losses_decide_nothing():
    found = paired(NAMES, columns([9, 1] * 5, [1, 8] * 5), "CER", "pages")

    assert found.better == ""
    assert "do not decide" in found.sentence


def test_two_pages_are_too_few_whatever_they_say():
    found = paired(NAMES, columns([50, 60], [0, 0]), "CER", "pages")

    assert found.better == ""
    assert "too few" in found.sentence


def test_what_is_hard_for_both_does_not_widen_the_interval():
    hard = np.array([2, 40, 5, 60, 9, 30, 1, 80])

    found = paired(NAMES, columns(hard + 3, hard), "CER", "pages")

    assert found.gain.low == pytest.approx(0.03)


def page_score(truth, read, number=1):
    return PageScore("a", number, score(truth, read, PLAIN), truth=truth, read=read)


def test_a_page_alone_is_compared_line_by_line():
    truth = "\n".join(f"line number {n}" for n in range(8))
    worse = truth.replace("number", "numer")

    found = by_truth(
        NAMES, [page_score(truth, worse)], [page_score(truth, truth)], PLAIN
    )

    assert (found.better, found.unit, found.units) == ("B", "lines", 8)


def test_errors_of_lines_add_up_to_those_of_the_page():
    truth, read = "one two\nthree four\nfive", "one tw0 three for fiveee"

    found = line_errors(truth, [read], PLAIN)

    assert found.tolist() == [[1, 7], [1, 10], [2, 4]]


def result(texts, conf=90.0, number=1):
    rows = tuple(
        Word(1, 1, 1, n, 10 * n, 0, 9, 9, conf, text) for n, text in enumerate(texts, 1)
    )
    return PageResult(PageRef("a.png", number, "a"), rows, language="eng")


def test_a_reading_does_not_win_by_leaving_out_its_doubtful_words():
    pages = range(6)
    whole = [result(["harbour", "ships", "windy", "morning"], number=n) for n in pages]
    short = [result(["harbour"], conf=96.0, number=n) for n in pages]

    found = by_quality(("whole", "short"), whole, short)

    assert found.better == "whole"


def test_agreement_is_the_share_of_characters_that_both_have():
    assert agreement([("abcd", "abxd")], PLAIN) == 0.75


def test_words_that_differ_are_marked_among_their_neighbours():
    truth = "one two three four five six seven eight nine ten eleven twelve"

    found = marked_differences(truth, truth.replace("six", "sex"), PLAIN)

    assert found == "... two three four five [-six-] {+sex+} seven eight nine ten ..."


# The command


@pytest.fixture
def texts(tmp_path):
    lines = [f"the harbour of year {n}" for n in range(12)]
    paths = [tmp_path / f"{name}.txt" for name in ("truth", "good", "poor")]
    paths[0].write_text("\n".join(lines))
    paths[1].write_text("\n".join(lines).replace("year 3", "yaer 3"))
    paths[2].write_text("\n".join(lines).replace("harbour", "harlour"))
    return paths


def test_texts_are_compared_with_the_first(shell, texts):
    call = shell("compare", *texts)

    out = call.out.decode()
    assert call.code == 0
    # 2 of 265 characters: ten lines of 21, two of 22, and 11 spaces between them.
    assert f"{texts[1]}: CER 0.75 %, WER 1.67 %, against {texts[0]}" in out
    assert "[-year-] {+yaer+}" in out
    assert f"{texts[1]} is better than {texts[2]}" in out


def test_of_equal_texts_no_words_are_shown(shell, texts):
    call = shell("compare", texts[0], texts[0])

    assert call.out.decode() == (
        f"{texts[0]}: CER 0.00 %, WER 0.00 %, against {texts[0]}\n"
    )


def test_texts_are_compared_as_json(shell, texts):
    call = shell("compare", *texts, "--json")

    found = json.loads(call.out)
    assert [row["character_errors"] for row in found["recipes"]] == [2, 12]
    assert found["comparisons"][0]["better"] == str(texts[1])


def test_a_text_that_is_missing_is_refused(shell, texts, tmp_path):
    call = shell("compare", texts[0], tmp_path / "none.txt")

    assert (call.code, call.out) == (3, b"")


def test_recipes_are_compared_on_pages_with_ground_truth(
    shell, inline_pool, marked_file
):
    marked_file.with_suffix(".gt.txt").write_text("mark1 mark2\nmark3 mark4")

    call = shell("compare", "default", "psm=6", "--on", marked_file, "--json")

    found = json.loads(call.out)
    assert [row["cer"] for row in found["recipes"]] == [0, 0]
    assert found["comparisons"][0]["measure"] == "CER"
    assert "too few" in found["comparisons"][0]["sentence"]


def test_each_page_is_listed_with_the_result_of_each_recipe(
    shell, inline_pool, marked_file
):
    marked_file.with_suffix(".gt.txt").write_text("mark1 mark2\nmark3 mark4")
    other = marked_file.with_name("other.png")
    other.write_bytes(marked_file.read_bytes())
    other.with_suffix(".gt.txt").write_text("mark1 mark2\nmark3 mark")  # 1 of 22

    call = shell("compare", "default", "psm=6", "--on", marked_file.parent, "--json")

    rows = {
        (row["doc_id"], row["recipe"]): (row["page_num"], row["cer"])
        for row in json.loads(call.out)["pages"]
    }
    assert rows == {
        (marked_file.stem, "default"): (1, 0),
        (marked_file.stem, "psm=6"): (1, 0),
        ("other", "default"): (1, 0.045455),
        ("other", "psm=6"): (1, 0.045455),
    }


def test_recipes_are_compared_by_estimated_error_without_ground_truth(
    shell, inline_pool, marked_file
):
    call = shell("compare", "fast", "angle=3", "--on", marked_file)

    out = call.out.decode()
    assert call.code == 0
    assert "recipe fast, pages 1, quality" in out
    assert "estimated error of" in out


def test_a_recipe_that_is_none_is_refused_with_the_names_there_are(shell, marked_file):
    call = shell("compare", "default", "nosuch", "--on", marked_file)

    assert call.code == 2
    assert "clean scan" in call.err


def test_of_two_recipes_the_broken_one_is_named(shell, marked_file, tmp_path):
    (tmp_path / "good.json").write_text("{}")
    (tmp_path / "broken.json").write_text("{")
    recipes = tmp_path / "good.json", tmp_path / "broken.json"

    call = shell("compare", *recipes, "--on", marked_file)

    assert call.code == 2
    assert f"Error: {recipes[1]}: The recipe is not valid JSON." in call.err
