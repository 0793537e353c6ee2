"""Calibration: fit and check the confidence of words on pages whose text is known.

    python -m benchmarks calibration read FOLDER... --out WORDS.jsonl
    python -m benchmarks calibration fit WORDS.jsonl...
    python -m benchmarks calibration check WORDS.jsonl... [--figure FILE.svg]

FOLDER holds pages, their ground truth and a manifest.csv, as for `accuracy`. `read`
reads each page once and keeps the features of its words, and which words are right.
`fit` prints the coefficients for `ocr_core.text.calibration`, and judges others, each
fitted without a tenth of the pages, on that tenth. `check` judges the confidences that
`ocr_core` gives; the figure is a reliability diagram.

A word is right if the alignment with the fewest edits puts the same word of the ground
truth beside it. Text without spaces is aligned by characters: all those of a word must
be right, and none may lack between them. Words that the alignment leaves over are right
if they have at least 4 letters and the ground truth has them elsewhere, in another
reading order. The calibration error is the mean gap, over ten classes of equal width,
between the stated and the observed share of right words, weighted by words; `check`
tells it by engine, script, language and kind. A word divided at a line end is right if
the ground truth has it whole.
"""

import argparse
import csv
import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from unittest import mock

import numpy as np
import scipy  # its parts are loaded where they are used
from rapidfuzz.distance import Levenshtein
from tqdm import tqdm

from benchmarks.accuracy import folds_case, normal, page_error, script_of
from ocr_core import Settings, open_document, pipeline, recognize_page
from ocr_core.page import DOUBTFUL, Word
from ocr_core.scripts import is_unspaced
from ocr_core.text import calibration
from ocr_core.text.quality import WRONG_LETTERS

CLASSES = 10
FOLDS = 10
HYPHENS = ("-", "\N{NOT SIGN}", "\N{DOUBLE OBLIQUE HYPHEN}", "=")
LONG = 4  # letters of a word that counts wherever it stands
MOST = 150  # words of a page that count in the fit, so that no page outweighs others


@dataclass(frozen=True)
class ReadPage:
    """The words of one page: features by name, letters, and which are right."""

    file: str
    language: str
    script: str
    kind: str
    error: float
    share: float
    engines: list[str]
    confs: list[float]
    letters: list[float]
    right: list[bool]
    features: dict[str, list[float]]


def right_words(
    words: Sequence[Word], truth: str, *, ordered: bool = True, fold: bool = False
) -> list[bool]:
    """Tell of each word whether it is right, as the module states it."""
    truth = normal(truth, fold)
    letters = truth.replace(" ", "")
    texts = [normal(word.text, fold) for word in words]
    if 2 * sum(map(is_unspaced, letters)) > len(letters):
        return _right_by_letters(texts, letters)
    starts = np.array([n == 0 or word.space_before for n, word in enumerate(words)])
    owners = np.cumsum(starts) - 1
    joined = [""] * int(starts.sum())
    for owner, text in zip(owners.tolist(), texts, strict=True):
        joined[owner] += text
    right = _right_tokens(joined, truth.split(), LONG if ordered else 1)
    return [right[owner] for owner in owners.tolist()]


def _right_tokens(
    read: Sequence[str], printed: Sequence[str], least: int
) -> list[bool]:
    rest = Counter(printed)
    right = [False] * len(read)
    for part in Levenshtein.opcodes(printed, read):
        if part.tag == "equal":
            for n in range(part.dest_start, part.dest_end):
                right[n] = True
                rest[read[n]] -= 1
    for n, text in enumerate(read):
        if not right[n] and len(text) >= least and rest[text] > 0:
            right[n] = True
            rest[text] -= 1
        whole = text[:-1] + read[n + 1] if n + 1 < len(read) else ""
        if not right[n] and text.endswith(HYPHENS) and rest[whole] > 0:
            right[n] = right[n + 1] = True
            rest[whole] -= 1
    return right


def _right_by_letters(texts: Sequence[str], letters: str) -> list[bool]:
    texts = [text.replace(" ", "") for text in texts]
    starts = np.cumsum([0, *map(len, texts)]).tolist()
    alike = [
        (part.dest_start, part.dest_end)
        for part in Levenshtein.opcodes(letters, "".join(texts))
        if part.tag == "equal"
    ]
    first = np.searchsorted([end for _, end in alike], starts[:-1], side="right")
    return [
        n < len(alike) and alike[n][0] <= start and end <= alike[n][1]
        for n, start, end in zip(first.tolist(), starts[:-1], starts[1:], strict=True)
    ]


def read(folder: Path) -> Iterable[ReadPage]:
    """Yield the words of each page of a folder."""
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in tqdm(rows, disable=None):
        page = next(iter(open_document(folder / row["file"])))
        settings = Settings.from_flat({"language": row["lang"], "text_layer": "off"})
        calibrated = mock.Mock(side_effect=calibration.calibrated)
        with mock.patch.object(pipeline, "calibrated", calibrated):
            result = recognize_page(page, settings)
        if not result.rows:
            continue
        given = calibrated.call_args.args
        truth = (folder / row["gt"]).read_text(encoding="utf-8")
        fold = folds_case(row, "^(sroie|cord|struk)")
        ordered = row["reading_order_reliable"].strip().lower() == "yes"
        columns = calibration.features(*given)
        letters = [float(len(word.text)) for word in result.rows]
        right = right_words(result.rows, truth, ordered=ordered, fold=fold)
        sure = page_quality([word.conf for word in result.rows], letters)
        yield ReadPage(
            row["file"],
            row["lang"],
            script_of(truth, row["kind"]),
            row["kind"].split(";")[0],
            page_error(truth, result.text, in_order=ordered, fold=fold),
            (result.quality or 0.0) / max(sure, 1e-6),
            [word.engine for word in result.rows],
            [word.own_conf for word in result.rows],
            letters,
            right,
            {name: column.tolist() for name, column in columns.items()},
        )


def page_quality(confs: Sequence[float], letters: Sequence[float]) -> float:
    """Return the expected share of right letters of words, 0 to 1."""
    wrong = 1 - np.array(confs) / 100
    weights = np.array(letters)
    return 1 - float((wrong * np.minimum(weights, WRONG_LETTERS)).sum() / weights.sum())


def fitted(pages: Sequence[ReadPage]) -> dict[str, float]:
    """Return the coefficients of a logistic regression on the words of pages."""
    from sklearn.linear_model import LogisticRegression

    names = list(pages[0].features)
    table = np.hstack([[page.features[name] for name in names] for page in pages]).T
    right = np.concatenate([page.right for page in pages])
    counts = [len(page.right) for page in pages]
    weights = np.repeat([min(n, MOST) / n for n in counts], counts)
    model = LogisticRegression(fit_intercept=False, max_iter=10_000)
    model.fit(table, right, weights)
    return dict(zip(names, model.coef_[0].tolist(), strict=True))


def chances(pages: Sequence[ReadPage], coefficients: dict[str, float]) -> np.ndarray:
    """Return the probability of each word of pages to be right, by coefficients."""
    names = list(coefficients)
    table = np.hstack([[page.features[name] for name in names] for page in pages])
    with mock.patch.object(calibration, "COEFFICIENTS", coefficients):
        return calibration.right_chances(dict(zip(names, table, strict=True)))


def calibration_error(stated: np.ndarray, right: np.ndarray) -> float:
    """Return the expected calibration error, 0 to 1, as the module states it."""
    classes = np.minimum((stated * CLASSES).astype(int), CLASSES - 1)
    gaps = np.bincount(classes, stated - right, CLASSES)
    return float(np.abs(gaps).sum() / len(stated))


def judged(pages: Sequence[ReadPage], stated: np.ndarray) -> str:
    """Return how well stated probabilities fit, for all words and parts of them."""
    right = np.concatenate([page.right for page in pages]).astype(float)
    counts = [len(page.right) for page in pages]
    engine = np.concatenate([page.engines for page in pages])
    groups = [
        np.repeat([getattr(page, name) for page in pages], counts)
        for name in ("script", "language", "kind")
    ]
    lines = [f"{'':24}{'words':>7}{'right':>7}{'stated':>7}{'error':>7}"]
    parts: list[tuple[str, np.ndarray]] = [("all", np.ones(len(right), bool))]
    for column in (engine, *groups):
        parts += [(name, column == name) for name in np.unique(column).tolist()]
    for name, chosen in parts:
        error = calibration_error(stated[chosen], right[chosen])
        lines.append(
            f"{name:24}{chosen.sum():7}{right[chosen].mean():7.3f}"
            f"{stated[chosen].mean():7.3f}{error:7.3f}"
        )
    doubtful = stated < DOUBTFUL / 100
    wrong = right == 0
    lines.append(
        f"under {DOUBTFUL}: {doubtful[wrong].mean():.3f} of the wrong words, "
        f"{doubtful[~wrong].mean():.3f} of the right ones"
    )
    return "\n".join([*lines, "", _pages_judged(pages, stated, counts)])


def _pages_judged(
    pages: Sequence[ReadPage], stated: np.ndarray, counts: Sequence[int]
) -> str:
    ends = np.cumsum(counts)[:-1]
    quality = np.array(
        [
            page.share * page_quality((100 * part).tolist(), page.letters)
            for page, part in zip(pages, np.split(stated, ends), strict=True)
        ]
    )
    right = np.array([1 - page.error for page in pages])
    means = [float(np.mean(page.confs)) for page in pages]
    rank = scipy.stats.spearmanr
    lines = [
        f"quality: Spearman {rank(quality, right).statistic:.3f}, of mean "
        f"confidence {rank(means, right).statistic:.3f}, "
        f"mean gap {np.abs(quality - right).mean():.3f}"
    ]
    languages = np.array([page.language for page in pages])
    for name in np.unique(languages).tolist():
        gap = (quality - right)[languages == name]
        lines.append(f"{name:24}{len(gap):7} pages, off by {gap.mean():+.3f}")
    return "\n".join(lines)


def left_out(pages: Sequence[ReadPage]) -> np.ndarray:
    """Return the probabilities of words by fits that did not see their page."""
    found: dict[str, np.ndarray] = {}
    for fold in range(FOLDS):
        rest = [page for n, page in enumerate(pages) if n % FOLDS != fold]
        coefficients = fitted(rest)
        for page in pages[fold::FOLDS]:
            found[page.file] = chances([page], coefficients)
    return np.concatenate([found[page.file] for page in pages])


def diagram(stated: np.ndarray, right: np.ndarray) -> str:
    """Return a reliability diagram as SVG: the observed over the stated share.

    The area of a dot is the share of the words in its class.
    """
    side, margin = 320, 44
    classes = np.minimum((stated * CLASSES).astype(int), CLASSES - 1)
    counts = np.bincount(classes, minlength=CLASSES)
    with np.errstate(invalid="ignore"):
        means = [np.bincount(classes, v, CLASSES) / counts for v in (stated, right)]
    dots = [
        (margin + x * side, margin + (1 - y) * side, 3 + 14 * (n / len(stated)) ** 0.5)
        for x, y, n in zip(*means, counts.tolist(), strict=True)
        if n
    ]
    end = margin + side
    ticks = "".join(
        f'<text x="{margin + v / 100 * side}" y="{end + 16}" text-anchor="middle">{v}'
        f'</text><text x="{margin - 6}" y="{end - v / 100 * side + 4}" '
        f'text-anchor="end">{v}</text>'
        for v in range(0, 101, 20)
    )
    size = side + 2 * margin
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" '
            'font-family="sans-serif" font-size="11">',
            f'<rect width="{size}" height="{size}" fill="#fff"/>',
            f'<rect x="{margin}" y="{margin}" width="{side}" height="{side}" '
            'fill="none" stroke="#888"/>',
            f'<path d="M{margin} {end}L{end} {margin}" stroke="#888" '
            'stroke-dasharray="4"/>',
            *(
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" fill="#1f6f8b"/>'
                for x, y, r in dots
            ),
            ticks,
            f'<text x="{margin + side / 2}" y="{size - 8}" text-anchor="middle">'
            "confidence</text>",
            f'<text transform="rotate(-90)" x="{-margin - side / 2}" y="12" '
            'text-anchor="middle">right words, %</text>',
            "</svg>",
            "",
        ]
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Read pages, fit coefficients or check them."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks calibration",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("task", choices=["read", "fit", "check"])
    parser.add_argument("sources", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, default=Path("words.jsonl"))
    parser.add_argument("--figure", type=Path, help="SVG: a reliability diagram")
    asked = parser.parse_args(argv)
    if asked.task == "read":
        with asked.out.open("w", encoding="utf-8") as file:
            for folder in asked.sources:
                for page in read(folder):
                    file.write(json.dumps(asdict(page), ensure_ascii=False) + "\n")
                    file.flush()
        return 0
    lines = [line for path in asked.sources for line in path.open(encoding="utf-8")]
    pages = [ReadPage(**json.loads(line)) for line in lines]
    if asked.task == "fit":
        coefficients = fitted(pages)
        print(json.dumps({k: round(v, 3) for k, v in coefficients.items()}, indent=4))
        stated = left_out(pages)
    else:
        stated = chances(pages, calibration.COEFFICIENTS)
    print(judged(pages, stated))
    if asked.figure:
        right = np.concatenate([page.right for page in pages]).astype(float)
        asked.figure.write_text(diagram(stated, right), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
