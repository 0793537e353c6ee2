"""Audit: estimate the error rate of a corpus from a random sample of its lines.

Lines are drawn at random within strata of estimated quality, with more lines from
strata in which lines differ more (Neyman's allocation). A person types the true text.
The character error rate of the corpus is the combined ratio estimate of the stratified
sample, errors over characters of the truth. Its variance is that of the linearised
ratio (Cochran 1977, Sampling techniques, sections 5.5 and 6.11); that of a stratum is
drawn towards that of all lines, as a few lines often miss the rare bad ones. The
interval is that of Student's t on the square root, as the distribution of rare errors
is skewed; where the lines are still more so, its upper end is raised by the correction
of Johnson (1978, Modified t tests and confidence intervals for asymmetrical
populations), by half as much again: a sample of few lines shows too little skewness.
"""

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace

import numpy as np

from ocr_core.errors import InputError, SettingsError
from ocr_core.evaluation.intervals import LEVEL, Estimate
from ocr_core.messages import Message
from ocr_core.page import PageResult, box_around, lines_of, text_of
from ocr_core.text.evaluate import Normalization, score
from ocr_core.text.quality import right_shares
from ocr_core.text.table_files import decoded, parsed_rows

STRATA = 4
MIN_IN_STRATUM = 3  # lines; a variance needs two, and one may be skipped
POOLED = 3  # lines, as which the variance of all lines counts in each stratum
DOUBTED = 0.02  # minimum assumed standard deviation of a stratum
# Audited lines, and those of them with errors, that tell how the lines differ.
ENOUGH_LINES, ENOUGH_WITH_ERRORS = 20, 5
SHEET_BYTES = 20_000_000


@dataclass(frozen=True)
class AuditLine:
    """One sampled line of the corpus.

    `truth` is its text according to a person, or None if not yet audited.
    `stratum_lines` and `stratum_characters` count its whole stratum in the corpus.
    """

    line_id: str
    doc_id: str
    page_num: int
    block_num: int
    par_num: int
    line_num: int
    left: int
    top: int
    width: int
    height: int
    stratum: int
    stratum_lines: int
    stratum_characters: int
    read: str
    truth: str | None = None
    auditor: str = ""


@dataclass(frozen=True)
class AuditResult:
    """The error rates of a corpus, estimated from the lines that were audited."""

    cer: Estimate
    wer: Estimate
    lines: int
    characters: int
    errors: int
    corpus_lines: int
    corpus_characters: int
    lines_with_errors: int

    @property
    def half_width(self) -> float | None:
        """Half the width of the interval of the CER, or None."""
        if self.cer.low is None or self.cer.high is None:
            return None
        return (self.cer.high - self.cer.low) / 2

    def more_lines(self, half_width: float) -> int | None:
        """Estimate how many more lines are needed to reach a half-width.

        The width is inversely proportional to the square root of the number of lines.
        None if too few lines with errors were audited: the next error may widen the
        interval.
        """
        ratio = (self.half_width or 0.0) / half_width
        few = self.lines < ENOUGH_LINES or (
            ratio > 1 and self.lines_with_errors < ENOUGH_WITH_ERRORS
        )
        if few and self.lines < self.corpus_lines:
            return None
        wanted = math.ceil(self.lines * ratio**2)
        return max(0, min(wanted, self.corpus_lines) - self.lines)

    @property
    def sentence(self) -> Message:
        """Return a paragraph for a methods section."""
        if self.cer.value is None or self.cer.low is None or self.cer.high is None:
            return Message("Too few lines are audited to estimate the error rate.")
        return Message(
            "The character error rate of the corpus ({0} lines) is estimated at {1} % "
            "(95 % interval {2} to {3} %) from a random sample of {4} lines ({5} "
            "characters, {6} errors), stratified by estimated quality; combined ratio "
            "estimator (Cochran 1977).",
            f"{self.corpus_lines:,}",
            *(f"{100 * each:.2f}" for each in (self.cer.value, self.cer.low)),
            f"{100 * self.cer.high:.2f}",
            *(f"{each:,}" for each in (self.lines, self.characters, self.errors)),
        )


@dataclass(frozen=True)
class _Line:
    """One line of the corpus, before sampling."""

    doc_id: str
    page_num: int
    numbers: tuple[int, int, int]
    box: tuple[int, int, int, int]
    text: str
    expected: float  # expected share of wrong characters


def corpus_lines(results: Iterable[PageResult]) -> list[_Line]:
    """Return all lines of a corpus, each with its expected error rate."""
    found = []
    for result in results:
        for words in lines_of(result.rows):
            shares, weights = right_shares(words)
            right = float(np.average(shares, weights=weights))
            found.append(
                _Line(
                    result.ref.doc_id,
                    result.ref.number,
                    words[0][:3],
                    box_around(words),
                    text_of(words),
                    1 - right,
                )
            )
    return found


def drawn_sample(
    results: Iterable[PageResult], lines: int, seed: int = 1
) -> list[AuditLine]:
    """Draw lines of a corpus at random within strata of estimated quality.

    The same corpus, number and seed give the same lines. Their order is random, so that
    the lines audited first are a random sample too.

    Raises
    ------
    InputError
        If the corpus has no lines.
    """
    whole = corpus_lines(results)
    if not whole:
        raise InputError("The corpus has no line to draw.")
    random = np.random.default_rng(seed)
    strata = stratified(np.array([line.expected for line in whole]))
    sizes = np.bincount(strata)
    spreads = np.array(
        [
            np.std(
                [line.expected for line, s in zip(whole, strata, strict=True) if s == n]
            )
            for n in range(len(sizes))
        ]
    )
    characters = np.bincount(strata, [len(line.text) for line in whole]).astype(int)
    counts = allocated(lines, sizes, spreads)
    chosen: list[int] = []
    for stratum, count in enumerate(counts):
        members = np.flatnonzero(strata == stratum)
        chosen += random.choice(members, count, replace=False).tolist()
    random.shuffle(chosen)
    return [
        AuditLine(
            f"{number}",
            *(whole[index].doc_id, whole[index].page_num),
            *whole[index].numbers,
            *whole[index].box,
            int(strata[index]),
            int(sizes[strata[index]]),
            int(characters[strata[index]]),
            whole[index].text,
        )
        for number, index in enumerate(chosen, 1)
    ]


def stratified(expected: np.ndarray, strata: int = STRATA) -> np.ndarray:
    """Return the stratum of each line, by its expected error rate.

    The strata have equal sums of the square roots of histogram frequencies (Dalenius &
    Hodges 1959).
    """
    if np.ptp(expected) == 0 or len(expected) < strata * MIN_IN_STRATUM:
        return np.zeros(len(expected), int)
    counts, edges = np.histogram(expected, bins=min(50, len(expected)))
    sums = np.cumsum(np.sqrt(counts))
    limits = [
        edges[1:][np.searchsorted(sums, sums[-1] * part / strata)]
        for part in range(1, strata)
    ]
    found = np.searchsorted(np.unique(limits), expected, side="left")
    return np.unique(found, return_inverse=True)[1]


def allocated(lines: int, sizes: np.ndarray, spreads: np.ndarray) -> list[int]:
    """Allocate lines to strata by size times standard deviation (Neyman 1934)."""
    lines = min(lines, int(sizes.sum()))
    weights = sizes * np.maximum(spreads, DOUBTED)
    least = min(MIN_IN_STRATUM, max(1, lines // len(sizes)))
    counts = np.minimum(sizes, least)
    while counts.sum() < lines:
        free = counts < sizes
        lack = np.where(free, weights / (counts + 1), -1.0)
        counts[int(lack.argmax())] += 1
    return [int(n) for n in counts]


def audit_result(
    lines: Sequence[AuditLine], rules: Normalization | None = None
) -> AuditResult:
    """Estimate the error rates of the corpus from the lines audited so far."""
    rules = rules or Normalization()
    done = [line for line in lines if line.truth is not None]
    scores = [score(line.truth or "", line.read, rules) for line in done]
    strata = [line.stratum for line in done]
    sizes = {line.stratum: line.stratum_lines for line in lines}
    cer = ratio_estimate(
        strata,
        sizes,
        [each.character_errors for each in scores],
        [each.characters for each in scores],
    )
    wer = ratio_estimate(
        strata,
        sizes,
        [each.word_errors for each in scores],
        [each.words for each in scores],
    )
    return AuditResult(
        cer,
        wer,
        lines=len(done),
        characters=sum(each.characters for each in scores),
        errors=sum(each.character_errors for each in scores),
        corpus_lines=sum(sizes.values()),
        corpus_characters=sum(
            {line.stratum: line.stratum_characters for line in lines}.values()
        ),
        lines_with_errors=sum(each.character_errors > 0 for each in scores),
    )


def ratio_estimate(
    strata: Sequence[int],
    sizes: Mapping[int, int],
    errors: Sequence[float],
    totals: Sequence[float],
    level: float = LEVEL,
) -> Estimate:
    """Return the combined ratio estimate of a stratified sample, with its interval.

    Parameters
    ----------
    strata, errors, totals
        For each audited line: its stratum, its errors and its number of characters
        or words.
    sizes
        Number of lines of each stratum in the corpus. Strata without an audited line
        are left out.
    """
    from scipy.stats import t

    members = np.asarray(strata)
    y, x = np.asarray(errors, float), np.asarray(totals, float)
    names = [name for name in sizes if (members == name).any()]
    weights = {name: sizes[name] / (members == name).sum() for name in names}
    weight = np.array([weights[name] for name in strata])
    whole = float(weight @ x) if len(y) else 0.0
    if not whole:
        return Estimate(None)
    value = float(weight @ y) / whole
    if len(y) < 2:
        return Estimate(value)
    if not y.any():
        # The rule of three for this level (Hanley & Lippman-Hand 1983).
        full = all((members == name).sum() == sizes[name] for name in sizes)
        high = 0.0 if full else -math.log((1 - level) / 2) / float(x.sum())
        return Estimate(value, 0.0, min(1.0, high))
    residual = y - value * x
    pooled = float(weight @ residual**2 / weight.sum()) * len(y) / (len(y) - 1)
    parts, degrees = [], 0
    for name in names:
        inside = residual[members == name]
        count = len(inside)
        squares = float(((inside - inside.mean()) ** 2).sum()) + POOLED * pooled
        spread = squares / (count - 1 + POOLED)
        free = 1 - count / sizes[name]
        parts.append(sizes[name] ** 2 * free * spread / count)
        degrees += count - 1
    error = math.sqrt(sum(parts)) / whole
    if not error:
        return Estimate(value, value, value)
    # The standard error of the root of r is that of r, divided by twice the root.
    root = math.sqrt(value)
    quantile = float(t.ppf((1 + level) / 2, max(1, degrees)))
    below, above = quantile, quantile + _skew_correction(weight * residual, quantile)
    low = max(0.0, root - below * error / (2 * root)) ** 2
    return Estimate(value, low, min(1.0, (root + above * error / (2 * root)) ** 2))


def _skew_correction(residuals: np.ndarray, quantile: float) -> float:
    """Return by how many standard errors skewed residuals raise the upper end.

    The sum of residuals u has the skewness g = sum(u³) / sum(u²)^1.5; the correction is
    1.5 · g / 6 · (2 t² + 1).
    """
    squares = float((residuals**2).sum())
    skewness = float((residuals**3).sum()) / squares**1.5 if squares else 0.0
    return max(0.0, skewness) / 4 * (2 * quantile**2 + 1)


SHEET = [each.name for each in fields(AuditLine)]


def sheet_csv(lines: Iterable[AuditLine]) -> str:
    """Return lines as a CSV table with a column `truth` for a person to fill in."""
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, SHEET, lineterminator="\r\n")
    writer.writeheader()
    for line in lines:
        row = asdict(line)
        row["truth"] = _as_answer(line)
        writer.writerow(row)
    return file.getvalue()


def _as_answer(line: AuditLine) -> str:
    """Return what states the truth of a line in a sheet, as `stated_truth` reads it."""
    if line.truth is None:
        return ""
    is_sign = line.truth in ("=", "-")
    return "=" if is_sign and line.truth == line.read else line.truth or "-"


def filled_sheet(content: bytes) -> list[AuditLine]:
    """Return the lines of a completed sheet.

    In the column `truth`, = confirms the text that was read, - means no text, and an
    empty cell means that the line is not audited yet.

    Raises
    ------
    InputError
        If it is not such a sheet.
    """
    wrong = InputError(
        "The sheet is not one that an audit wrote.",
        hint="Write one with: ocr-core audit CORPUS --sheet sheet.csv",
    )
    try:
        lines = [_line_of(row) for row in sheet_rows(content)]
    except (KeyError, ValueError, TypeError):
        raise wrong from None
    if not lines:
        raise wrong
    return lines


def sheet_rows(content: bytes) -> list[dict[str, str]]:
    """Return the rows of a sheet as a spreadsheet saves it.

    None if it is too large or not CSV. The delimiter may be another than a comma.

    Raises
    ------
    InputError
        If it has another encoding than Unicode.
    """
    if len(content) > SHEET_BYTES:
        return []
    try:
        header, *rows = [row for _, row in parsed_rows(decoded(content))] or [[]]
    except UnicodeDecodeError:
        raise InputError(
            "The sheet is not Unicode text.", hint="Save it as CSV, UTF-8."
        ) from None
    except csv.Error:
        return []
    return [dict(zip(header, row, strict=False)) for row in rows]


def _line_of(row: Mapping[str, str]) -> AuditLine:
    texts = ("line_id", "doc_id", "read", "auditor")
    values = {
        name: row[name] if name in texts else int(row[name])
        for name in SHEET
        if name != "truth"
    }
    line = AuditLine(**values)  # type: ignore[arg-type]
    truth = row["truth"].strip()
    return replace(line, truth=stated_truth(line, truth) if truth else None)


def stated_truth(line: AuditLine, answer: str) -> str:
    """Return the true text of an answer: = means the text that was read, - no text."""
    return {"=": line.read, "-": ""}.get(answer, answer)


def empty_sheet(lines: Iterable[AuditLine]) -> str:
    """Return the sheet of an audit without its answers, for another person."""
    return sheet_csv(replace(line, truth=None, auditor="") for line in lines)


def joined_sheets(sheets: Sequence[Sequence[AuditLine]]) -> list[AuditLine]:
    """Merge the sheets of one audit; each line gets the first truth that is stated.

    Raises
    ------
    SettingsError
        If the sheets belong to different audits.
    """
    first = {line.line_id: line for line in sheets[0]}
    for sheet in sheets[1:]:
        for line in sheet:
            known = first.get(line.line_id)
            if known is None or replace(known, truth="", auditor="") != replace(
                line, truth="", auditor=""
            ):
                raise SettingsError("The sheets are not of the same audit.")
            if known.truth is None:
                first[line.line_id] = line
    return list(first.values())


def paired_answers(
    one: Sequence[AuditLine], other: Sequence[AuditLine]
) -> list[tuple[AuditLine, AuditLine]]:
    """Return the lines that two people answered, as each of them did."""
    known = {line.line_id: line for line in one if line.truth is not None}
    return [
        (known[line.line_id], line)
        for line in other
        if line.truth is not None and line.line_id in known
    ]


def sheets_agree(one: Sequence[AuditLine], other: Sequence[AuditLine]) -> float | None:
    """Return the share of lines with equal truths of two people; None without any."""
    pairs = paired_answers(one, other)
    return sum(a.truth == b.truth for a, b in pairs) / len(pairs) if pairs else None
