import csv
import io
import json
from dataclasses import replace

import cv2
import numpy as np
import pytest

from ocr_core.corpus import Corpus
from ocr_core.errors import InputError, SettingsError
from ocr_core.evaluation.audit import (
    AuditLine,
    allocated,
    audit_result,
    corpus_lines,
    drawn_sample,
    empty_sheet,
    filled_sheet,
    joined_sheets,
    paired_answers,
    ratio_estimate,
    sheet_csv,
    sheets_agree,
    stratified,
)
from ocr_core.page import PageRef, PageResult, Word
from tests.support.corpus_pages import fill, page


def result(lines, confs, number=1, doc_id="a"):
    rows = tuple(
        Word(1, 1, line, number, 20 * number, 30 * line, 18, 20, conf, text)
        for line, (words, conf) in enumerate(zip(lines, confs, strict=True), 1)
        for number, text in enumerate(words.split(), 1)
    )
    return PageResult(PageRef(f"{doc_id}.png", number, doc_id), rows, language="eng")


def pages(count=10, lines=20):
    """Pages whose lines are read with confidences from 40 to 99."""
    random = np.random.default_rng(5)
    return [
        result(
            [f"line {n} of page {number}" for n in range(lines)],
            random.integers(40, 100, lines).tolist(),
            number,
        )
        for number in range(1, count + 1)
    ]


def audited(lines, truth):
    return [replace(line, truth=truth(line)) for line in lines]


def test_a_line_is_cut_out_with_all_its_words():
    [line] = corpus_lines([result(["one two three"], [90])])

    assert line.text == "one two three"
    assert line.box == (20, 30, 58, 20)  # from the first word's left to the last's end


def test_the_same_seed_draws_the_same_lines_and_another_seed_others():
    ones, same, others = (drawn_sample(pages(), 30, seed) for seed in (1, 1, 2))

    assert ones == same
    assert len({(line.page_num, line.line_num) for line in ones}) == 30
    assert ones != others


def test_a_short_corpus_is_audited_in_full():
    sample = drawn_sample(pages(1, 5), 60)

    assert len(sample) == 5


def test_a_corpus_without_a_line_is_refused():
    with pytest.raises(InputError, match="no line"):
        drawn_sample([result([], [])], 10)


def test_lines_of_like_quality_are_one_stratum():
    found = stratified(np.array([0.0] * 50 + [0.5] * 30 + [0.9] * 20))

    assert len(set(found[:50])) == len(set(found[80:])) == 1
    assert found[0] < found[99]


def test_strata_in_which_lines_differ_more_get_more_lines():
    # Neyman: in proportion to size times spread, 100 · 0.1 to 100 · 0.3.
    assert allocated(40, np.array([100, 100]), np.array([0.1, 0.3])) == [10, 30]


def test_no_stratum_gets_more_lines_than_it_has():
    assert allocated(40, np.array([100, 5]), np.array([0.02, 0.9])) == [35, 5]


def test_the_estimate_weighs_strata_by_their_lines():
    # Two strata of 90 and 10 lines of 10 characters; in the first no error, in the
    # second half of the characters: 10 · 5 / (100 · 10).
    found = ratio_estimate([0, 0, 1, 1], {0: 90, 1: 10}, [0, 0, 5, 5], [10] * 4)

    assert found.value == pytest.approx(0.05)


def test_the_variance_is_that_of_the_combined_ratio_estimator():
    # One stratum of 1,000 lines, n = 4, R = 6 / 40. Residuals y - R x are -0.5, -0.5,
    # 0.5 and 0.5: s² = 1 / 3, and the standard error of R is
    # √((1 - 4 / 1000) · (1 / 3) / 4) / 10 = 0.0288. Student's t of 3 is 3.182.
    found = ratio_estimate([0] * 4, {0: 1000}, [1, 1, 2, 2], [10] * 4)

    assert found.value == pytest.approx(0.15)
    root = np.sqrt(0.15)
    reach = 3.182 * 0.02881 / (2 * root)
    assert found.low == pytest.approx((root - reach) ** 2, rel=1e-3)
    assert found.high == pytest.approx((root + reach) ** 2, rel=1e-3)


def test_a_corpus_audited_in_full_has_an_interval_of_no_width():
    sample = audited(drawn_sample(pages(2, 10), 60), lambda line: line.read)

    found = audit_result(sample)

    assert (found.cer.value, found.cer.low, found.cer.high) == (0, 0, 0)


def test_no_error_in_the_sample_is_not_no_error_in_the_corpus():
    sample = audited(drawn_sample(pages(), 30), lambda line: line.read)

    found = audit_result(sample).cer

    assert (found.value, found.low) == (0, 0)
    assert 0 < found.high < 0.05


def test_lines_that_are_not_audited_yet_do_not_count():
    sample = drawn_sample(pages(), 30)
    some = audited(sample[:10], lambda line: line.read) + sample[10:]

    assert audit_result(some).lines == 10
    assert audit_result(sample).cer.value is None
    assert "Too few lines" in audit_result(sample).sentence


def test_more_lines_are_asked_for_a_narrower_interval():
    sample = audited(drawn_sample(pages(), 20), lambda line: line.read + " x")
    found = audit_result(sample)

    assert found.more_lines(found.half_width) == 0
    assert found.more_lines(found.half_width / 2) == 60  # four times as many in all
    assert found.more_lines(1e-9) == 180  # all 200


@pytest.mark.parametrize(("lines", "wrong"), [(20, 0), (20, 4), (12, 12), (8, 1)])
def test_few_lines_with_errors_do_not_tell_how_many_more_are_needed(lines, wrong):
    sample = drawn_sample(pages(), lines)
    ill = {line.line_id for line in sample[:wrong]}
    done = audited(sample, lambda line: line.read + " x" * (line.line_id in ill))
    found = audit_result(done)

    assert found.lines_with_errors == wrong
    assert found.more_lines(found.half_width / 2) is None
    # few lines do not show that the interval is as narrow as wanted
    assert found.more_lines(found.half_width) == (0 if lines == 20 else None)


def drawn_corpus(seed=1, lines=4000, mean=0.05):
    """Draw characters, errors and what quality says of them: half of their spread."""
    random = np.random.default_rng(seed)
    characters = random.integers(20, 70, lines)
    errors = random.binomial(characters, random.beta(1, 1 / mean - 1, lines))
    rates = errors / characters
    return characters, errors, rates + random.normal(0, rates.std(), lines)


def test_the_interval_holds_the_corpus_rate_in_95_of_100_simulated_audits():
    characters, errors, quality = drawn_corpus()
    strata = stratified(np.clip(quality, 0, 1))
    sizes = np.bincount(strata)
    counts = allocated(
        60, sizes, np.array([quality[strata == s].std() for s in set(strata)])
    )
    random = np.random.default_rng(2)
    held, halves = 0, []
    for _ in range(300):
        chosen = np.concatenate(
            [
                random.choice(np.flatnonzero(strata == s), n, replace=False)
                for s, n in enumerate(counts)
            ]
        )
        found = ratio_estimate(
            strata[chosen].tolist(),
            dict(enumerate(sizes)),
            errors[chosen],
            characters[chosen],
        )
        held += found.low <= errors.sum() / characters.sum() <= found.high
        halves.append((found.high - found.low) / 2)

    assert 276 <= held <= 294
    assert np.mean(halves) <= 0.015  # where quality explains half of the spread


# The sheet


def test_a_sheet_comes_back_as_it_was_filled_in():
    sample = drawn_sample(pages(), 4)
    rows = list(csv.DictReader(io.StringIO(sheet_csv(sample), newline="")))
    for row, truth in zip(rows, ["=", "-", "what it says", ""], strict=True):
        row["truth"] = truth
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)

    found = filled_sheet(file.getvalue().encode())

    assert [line.truth for line in found] == [sample[0].read, "", "what it says", None]
    assert [replace(line, truth=None) for line in found] == sample


def test_a_line_that_is_a_sign_of_the_sheet_comes_back():
    line = replace(drawn_sample(pages(), 1)[0], read="-", truth="-")

    assert filled_sheet(sheet_csv([line]).encode()) == [line]


@pytest.mark.parametrize(
    ("delimiter", "encoding"), [(";", "utf-8-sig"), ("\t", "utf-16"), (",", "utf-8")]
)
def test_a_sheet_is_taken_back_as_spreadsheets_save_it(delimiter, encoding):
    sample = audited(drawn_sample(pages(), 4), lambda line: "one; two, three")
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter).writerows(
        csv.reader(io.StringIO(sheet_csv(sample), newline=""))
    )

    assert filled_sheet(file.getvalue().encode(encoding)) == sample


def test_a_sheet_in_another_encoding_is_refused_with_what_to_do():
    sample = audited(drawn_sample(pages(), 2), lambda line: "Türe")

    with pytest.raises(InputError, match="Save it as CSV, UTF-8"):
        filled_sheet(sheet_csv(sample).encode("latin-1"))


@pytest.mark.parametrize("content", [b"", b"\0", b"a,b\n1,2\n", b"line_id\nx\n"])
def test_what_is_no_sheet_is_refused(content):
    with pytest.raises(InputError, match="not one that an audit wrote"):
        filled_sheet(content)


def test_two_people_agree_on_the_lines_on_which_they_say_the_same():
    sample = drawn_sample(pages(), 4)
    one = audited(sample, lambda line: "same")
    other = audited(sample[:1], lambda line: "same") + audited(
        sample[1:2], lambda line: "other"
    )

    assert sheets_agree(one, other) == 0.5
    assert sheets_agree(one, sample) is None
    assert isinstance(one[0], AuditLine)


def test_an_empty_sheet_asks_another_person_for_the_same_lines():
    sample = drawn_sample(pages(), 4)
    one = audited(sample, lambda line: "same")

    other = filled_sheet(empty_sheet(one).encode())

    assert other == sample
    answered = audited(other[:2], lambda line: line.line_id)
    [(first, second), _] = paired_answers(one, answered)
    assert (first.truth, second.truth) == ("same", sample[0].line_id)
    assert joined_sheets([one, answered]) == one


def test_sheets_of_two_audits_are_not_compared():
    one, other = drawn_sample(pages(), 4), drawn_sample(pages(), 4, seed=2)

    with pytest.raises(SettingsError, match="not of the same audit"):
        joined_sheets([one, other])


# The command


@pytest.fixture
def corpus(tmp_path):
    scan = tmp_path / "a.png"
    cv2.imwrite(str(scan), np.full((180, 240), 255, np.uint8))
    path = tmp_path / "corpus.sqlite"
    known = page(text="one two three")
    with Corpus(path, write=True) as open_corpus:
        fill(open_corpus, replace(known, ref=PageRef(str(scan), 1, "a", "a.png")))
    return path


def test_lines_are_asked_one_by_one(shell, corpus):
    call = shell("audit", corpus, stdin=b"one two tree\n")

    assert call.code == 0
    assert "one two three" in call.err
    # 1 of the 12 characters of the truth.
    assert (
        call.out.decode().startswith(
            "The character error rate of the corpus (1 lines) is estimated at 8.33 %"
        )
        or "Too few" in call.out.decode()
    )


def test_an_audit_on_a_terminal_is_put_down_and_taken_up(shell, tmp_path):
    path, answers = tmp_path / "corpus.sqlite", tmp_path / "answers.csv"
    with Corpus(path, write=True) as corpus:
        fill(corpus, *pages(3, 1))

    shell("audit", path, "--answers", answers, stdin=b"first\n.\n")
    kept = filled_sheet(answers.read_bytes())
    call = shell("audit", path, "--answers", answers, "--json", stdin=b"second\n\n")

    assert [line.truth for line in kept] == ["first", None, None]
    assert "1 of 3" not in call.err and "2 of 3" in call.err
    found = filled_sheet(answers.read_bytes())
    assert [line.truth for line in found] == ["first", "second", found[2].read]
    assert json.loads(call.out)["lines"] == 3


def test_a_sheet_is_written_with_pictures_and_taken_back(shell, corpus, tmp_path):
    sheet = tmp_path / "sheet.csv"

    shell("audit", corpus, "--sheet", sheet)
    picture = cv2.imread(str(tmp_path / "sheet" / "1.png"))
    text = sheet.read_text()
    sheet.write_text(text.replace("one two three,,", "one two three,one two four,"))
    call = shell("audit", corpus, "--filled", sheet, "--json")

    found = json.loads(call.out)
    assert picture.shape[0] >= 12
    assert (found["lines"], found["errors"], found["characters"]) == (1, 5, 12)


def test_sheets_of_two_people_are_joined(shell, corpus, tmp_path):
    sheets = [tmp_path / name for name in ("one.csv", "two.csv")]
    for sheet, truth in zip(sheets, ["=", "one two four"], strict=True):
        shell("audit", corpus, "--sheet", sheet)
        text = sheet.read_text()
        sheet.write_text(text.replace("one two three,,", f"one two three,{truth},"))

    call = shell(
        "audit", corpus, "--filled", sheets[0], "--filled", sheets[1], "--json"
    )

    found = json.loads(call.out)
    assert (found["agreement"], found["errors"]) == (0, 0)


def test_an_interval_reaches_further_up_where_few_lines_have_most_errors():
    even = ratio_estimate([0] * 12, {0: 1000}, [2] * 6 + [4] * 6, [40] * 12)
    few = ratio_estimate([0] * 12, {0: 1000}, [1] * 11 + [25], [40] * 12)

    assert even.value == few.value

    def reaches(found):
        low, root, high = (np.sqrt(x) for x in (found.low, found.value, found.high))
        return root - low, high - root

    below, above = reaches(even)
    assert above == pytest.approx(below)
    below, above = reaches(few)
    assert above > 2 * below
