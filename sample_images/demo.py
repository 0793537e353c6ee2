"""Demo corpus: four newspapers over forty years, to see what text mining shows.

    python -m sample_images.demo FOLDER

draws 92 pages in English, German, French and Indonesian: a folder for each language,
in it a PNG or a TIFF for each issue, and beside them metadata.csv. `demo_texts` says
what is planted in the texts.

Pages are degraded in known ways, told in the column `degradation`: clean; faded, pale
ink on dark paper; noisy, grain and specks; skewed, by 1.5 to 2.5 degrees; coarse, at
less than half the resolution. They take turns over languages and years. One group is
an exception, made so that there is something to be warned of: the German issues from
1890 to 1900 are all noisy and later ones never, so that a comparison of the two is one
of poor pages with better ones.
"""

import argparse
import csv
import random
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from pathlib import Path

import numpy as np
from PIL import Image, ImageFont

from sample_images.demo_texts import (
    LANGUAGES,
    Issue,
    breaks,
    head_of,
    issues,
    written_page,
)
from sample_images.drawing import (
    Block,
    DrawnWord,
    draw_blocks,
    load_font,
    moved,
    printed,
)
from sample_images.wear import (
    blur,
    fade,
    few_greys,
    gaussian_noise,
    salt_and_pepper,
    tilt,
    tilt_matrix,
)

SEED = 1893
SIZE = (900, 1080)  # pixels
DPI = 190
MARGIN = 55
GUTTER = 44
COLUMN = (SIZE[0] - 2 * MARGIN - GUTTER) // 2
FONT_SIZE = 23
LEADING = 1.5
TOP = 125  # of the columns
LINES = int((SIZE[1] - TOP - MARGIN) / (FONT_SIZE * LEADING))  # in a column
LEAST = 4  # lines of a section at the foot of a column
COARSE = 0.45  # of the usual resolution
BOLD, PLAIN = "serif-bold", "serif"

INKED = lru_cache(4096)(printed)  # the same words come again and again

Line = tuple[str, str]  # its text and font
Worn = tuple[np.ndarray, np.ndarray]  # pixels, and the matrix that moved their places


@dataclass(frozen=True)
class DemoPage:
    """One page: its picture, and all that is known of it.

    `text` is what is printed, line by line: running head, left column, right column;
    a hyphen at the end of a line always breaks a word. `words` are its words in the
    same order, with boxes in pixels of `image`.
    """

    name: str
    number: int
    language: str
    year: int
    metadata: dict[str, str]
    text: str
    image: Image.Image = field(repr=False)
    words: tuple[DrawnWord, ...] = field(repr=False)


def demo_pages(
    seed: int = SEED, languages: Sequence[str] = LANGUAGES
) -> Iterator[DemoPage]:
    """Draw the pages one by one; the same seed gives the same texts and places.

    Parameters
    ----------
    seed
        Of what the texts say and how the pages are worn.
    languages
        Which newspapers: eng, deu, fra, ind.
    """
    for issue in issues():
        if issue.language in languages:
            for number in range(1, issue.pages + 1):
                yield _drawn(issue, number, seed)


def page_count(languages: Sequence[str] = LANGUAGES) -> int:
    """Count the pages that will be drawn."""
    return sum(each.pages for each in issues() if each.language in languages)


def demo_metadata() -> dict[str, dict[str, str]]:
    """Return what is known of each document, by its name: the rows of metadata.csv."""
    return {issue.name: issue.metadata for issue in issues()}


def write_demo(
    folder: str | Path,
    *,
    seed: int = SEED,
    languages: Sequence[str] = LANGUAGES,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Path]:
    """Draw the demo corpus into a folder.

    Parameters
    ----------
    folder
        Is made. In it come ``eng/harbour-mail_1893-04.png`` and its like, of which
        the folder is the language, and ``metadata.csv``.
    progress
        Called after each page with the number of pages done and of all.

    Returns
    -------
    list of Path
        The documents; their names without ending are those in ``metadata.csv``.
    """
    folder = Path(folder)
    written = []
    done, total = 0, page_count(languages)
    pages = demo_pages(seed, languages)
    for name, document in groupby(pages, key=lambda page: page.name):
        images = []
        for page in document:
            images.append(page.image)
            done += 1
            progress(done, total)
        ending = ".png" if len(images) == 1 else ".tif"
        path = folder / page.language / f"{name}{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        _save(images, path)
        written.append(path)
    _write_metadata(folder / "metadata.csv", languages)
    return written


def reading_language(language: str, installed: Iterable[str]) -> str:
    """Return the language to read a newspaper with: its own, or English without it."""
    return language if language in installed else "eng"


def _drawn(issue: Issue, number: int, seed: int) -> DemoPage:
    columns = _columns(issue, number, seed)
    head = _running_head(issue, number)
    blocks = [head]
    for place, column in enumerate(columns):
        blocks += _blocks(column, MARGIN + place * (COLUMN + GUTTER))
    image, words = draw_blocks(blocks, size=SIZE, press=INKED)
    rng = random.Random(f"{seed} {issue.name} {number} wear")
    pixels, matrix = WEAR[issue.degradation](np.asarray(image), rng)
    lines = [head.text, *(text for column in columns for text, _ in column)]
    return DemoPage(
        issue.name,
        number,
        issue.language,
        issue.year,
        issue.metadata,
        "\n".join(" ".join(line.split()) for line in lines) + "\n",
        Image.fromarray(few_greys(pixels)),
        tuple(moved(words, matrix)),
    )


def _running_head(issue: Issue, number: int) -> Block:
    """Set page number, and title and date in the middle, on one line."""
    font = load_font(PLAIN, FONT_SIZE)
    folio, title = head_of(issue, number)
    start = (SIZE[0] - font.getlength(title)) / 2 - MARGIN - font.getlength(folio)
    between = " " * int(start / font.getlength(" "))
    return Block(f"{folio}{between}{title}", MARGIN, 48, PLAIN, FONT_SIZE)


def _columns(issue: Issue, number: int, seed: int) -> list[list[Line]]:
    """Set as many whole sentences as two columns hold."""
    font = load_font(PLAIN, FONT_SIZE)
    columns: list[list[Line]] = [[], []]
    for head, sentences in written_page(issue, number, seed):
        for place, sentence in enumerate(sentences):
            lines = [(each, PLAIN) for each in wrapped(sentence, issue.language, font)]
            if place == 0:
                lines = [("", PLAIN), (head, BOLD), *lines]
            filled = len(columns[0])
            room = [LINES - filled, LINES - len(columns[1])]
            if columns[1] or (filled and place == 0 and room[0] < LEAST):
                room[0] = 0  # a head stays with its text
            if len(lines) > sum(room):
                return columns
            columns[0] += lines[: room[0]]
            columns[1] += lines[room[0] :]
    return columns


def wrapped(sentence: str, language: str, font: ImageFont.FreeTypeFont) -> list[str]:
    """Break a sentence into lines of a column, and words at their ends."""
    lines, line = [], ""
    for word in sentence.split(" "):  # only there: other blanks hold together
        if font.getlength(f"{line} {word}".strip()) <= COLUMN:
            line = f"{line} {word}".strip()
            continue
        for head, tail in breaks(word, language):
            if line and font.getlength(f"{line} {head}-") <= COLUMN:
                line, word = f"{line} {head}-", tail
                break
        lines.append(line)
        line = word
    return [*lines, line]


def _blocks(column: Sequence[Line], left: int) -> Iterator[Block]:
    """Yield a column's lines as blocks of one font each."""
    done = 0
    for font, lines in groupby(column, key=lambda line: line[1]):
        texts = [text for text, _ in lines]
        top = TOP + round(done * FONT_SIZE * LEADING)
        yield Block("\n".join(texts), left, top, font, FONT_SIZE, LEADING)
        done += len(texts)


def _clean(page: np.ndarray, rng: random.Random) -> Worn:
    return fade(page, ink=25, paper=245), np.eye(3)


def _faded(page: np.ndarray, rng: random.Random) -> Worn:
    pale = blur(fade(page, ink=130, paper=205), 0.75)
    return gaussian_noise(pale, 6, rng.randrange(2**32)), np.eye(3)


def _noisy(page: np.ndarray, rng: random.Random) -> Worn:
    grainy = gaussian_noise(fade(page, 40, 225), 30, rng.randrange(2**32))
    return salt_and_pepper(grainy, 0.04, rng.randrange(2**32)), np.eye(3)


def _skewed(page: np.ndarray, rng: random.Random) -> Worn:
    degrees = rng.choice((-1, 1)) * rng.uniform(1.5, 2.5)
    turned = tilt(page, degrees)
    return fade(turned, ink=30, paper=240), tilt_matrix(SIZE, degrees)


def _coarse(page: np.ndarray, rng: random.Random) -> Worn:
    size = (round(SIZE[0] * COARSE), round(SIZE[1] * COARSE))
    small = Image.fromarray(fade(page, 45, 235)).resize(size, Image.Resampling.BOX)
    worn = gaussian_noise(np.asarray(small), 10, rng.randrange(2**32))
    return worn, np.diag([size[0] / SIZE[0], size[1] / SIZE[1], 1.0])


WEAR: dict[str, Callable[[np.ndarray, random.Random], Worn]] = {
    "clean": _clean,
    "faded": _faded,
    "noisy": _noisy,
    "skewed": _skewed,
    "coarse": _coarse,
}


def _save(images: Sequence[Image.Image], path: Path) -> None:
    first, *others = images
    dpi = DPI * first.width / SIZE[0]
    if others:
        first.save(
            path,
            save_all=True,
            append_images=others,
            compression="tiff_adobe_deflate",
            dpi=(dpi, dpi),
        )
    else:
        first.save(path, dpi=(dpi, dpi))


def _write_metadata(path: Path, languages: Sequence[str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = [
            {"doc_id": name, **row}
            for name, row in demo_metadata().items()
            if row["language"] in languages
        ]
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw the demo corpus into a folder, and say how to read it."""
    parser = argparse.ArgumentParser(description="Draw the demo corpus.")
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--language",
        choices=LANGUAGES,
        action="append",
        help="draw this newspaper only; may be given again",
    )
    parser.add_argument("--seed", type=int, default=SEED)
    given = parser.parse_args(arguments)
    try:
        written = write_demo(
            given.folder, seed=given.seed, languages=given.language or LANGUAGES
        )
    except OSError as error:
        print(error, file=sys.stderr)
        return 1
    pages = page_count(given.language or LANGUAGES)
    print(f"{pages} pages in {len(written)} documents. Read them with:")
    for language in dict.fromkeys(path.parent.name for path in written):
        print(
            f"    ocr-core batch {given.folder / language} --corpus demo.sqlite "
            f"--language {language}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
