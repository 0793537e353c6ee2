"""Samples: pages whose every word is known, each gone bad in its own way.

Run it to draw the samples beside it, their ground truth and README.md. The drawn files
are kept with the project, so nobody needs the fonts only to use them.

    python -m sample_images.draw            draw everything anew
    python -m sample_images.draw --check    exit 1 if a file differs from this script
"""

import argparse
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from sample_images import texts
from sample_images.drawing import (
    Block,
    draw_blocks,
    draw_text_page,
    to_uint8,
    typewriter,
)
from sample_images.wear import (
    blur,
    dark_border,
    fade,
    few_greys,
    gaussian_noise,
    photograph,
    salt_and_pepper,
    tilt,
    uneven_light,
)

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Sample:
    """A file to draw: its text page by page, its size, and the function that draws it.

    The docstring of `draw` says how the sample is made; README.md shows it.
    """

    file: str
    language: str
    pages: tuple[str, ...]
    size: tuple[int, int]
    dpi: int
    draw: Callable[["Sample"], list[np.ndarray]]
    purpose: str

    @property
    def path(self) -> Path:
        """Where the drawn file lies."""
        return HERE / self.file

    @property
    def truth_path(self) -> Path:
        """Where its ground truth lies."""
        return self.path.with_suffix(".gt.txt")

    @property
    def truth(self) -> str:
        """The text line by line, blanks single; a form feed parts the pages."""
        pages = (re.sub(r" +", " ", page) for page in self.pages)
        lines = ([line.strip() for line in page.split("\n")] for page in pages)
        return "\f".join("\n".join(page) + "\n" for page in lines)


def clean_letter(sample: Sample) -> list[np.ndarray]:
    """Serif type, black on white."""
    return [few_greys(_sheet(sample, font_size=50, margin=180))]


def two_columns(sample: Sample) -> list[np.ndarray]:
    """Headline above two columns of serif type; words are divided at line ends."""
    blocks = [
        Block(texts.GAZETTE_HEAD, 190, 70, "serif-bold", 54),
        Block(texts.GAZETTE_DATE, 230, 160, "serif", 25),
        Block(texts.GAZETTE_LEFT, 90, 250, "serif", 28, 1.7),
        Block(texts.GAZETTE_RIGHT, 615, 250, "serif", 28, 1.7),
    ]
    page, _ = draw_blocks(blocks, size=sample.size)
    return [few_greys(np.asarray(page))]


def noisy_diary(sample: Sample) -> list[np.ndarray]:
    """Serif type under gaussian noise and salt and pepper, in few greys."""
    page = fade(_sheet(sample, font_size=28, margin=80), ink=40, paper=215)
    page = salt_and_pepper(gaussian_noise(page, sigma=28, seed=1), 0.06, seed=2)
    return [few_greys(page, 6)]


def shaded_log(sample: Sample) -> list[np.ndarray]:
    """Serif type in pale ink under a deep shadow from one corner to the other."""
    page = fade(_sheet(sample, font_size=35, margin=100), ink=125, paper=235)
    return [few_greys(uneven_light(page, darkest=0.25), 128)]


def skewed_almanac(sample: Sample) -> list[np.ndarray]:
    """Serif type, tilted by 4 degrees clockwise."""
    return [few_greys(tilt(_sheet(sample, font_size=35, margin=140), -4.0))]


def typed_catalogue(sample: Sample) -> list[np.ndarray]:
    """Monospaced type whose letters differ in weight and stand a little off line."""
    page = _sheet(
        sample, font="mono", font_size=36, margin=110, press=typewriter(7, 0.2)
    )
    return [few_greys(blur(fade(page, ink=35, paper=240), 0.7))]


def market_receipt(sample: Sample) -> list[np.ndarray]:
    """Narrow strip of monospaced type in faded thermal print."""
    page = _sheet(sample, font="mono", font_size=26, margin=36, leading=1.4)
    return [few_greys(blur(fade(page, ink=95, paper=225), 0.6))]


def photographed_notice(sample: Sample) -> list[np.ndarray]:
    """Sheet on a dark table, seen from the side: perspective, shadow, soft blur."""
    sheet, _ = draw_text_page(
        sample.pages[0], size=(1165, 1654), font_size=40, margin=100, leading=1.6
    )
    paper = uneven_light(fade(np.asarray(sheet), ink=50, paper=235), darkest=0.5)
    photo = gaussian_noise(blur(photograph(paper, sample.size), 1.1), 3)
    return [to_uint8(photo[:, :, None] * np.array([0.82, 0.94, 1.0]))]


def turned_inventory(sample: Sample) -> list[np.ndarray]:
    """Sans-serif type on a wide page, turned a quarter to the left."""
    page, _ = draw_text_page(
        sample.pages[0],
        size=(sample.size[1], sample.size[0]),
        font="sans",
        font_size=41,
        margin=100,
    )
    return [few_greys(np.rot90(np.asarray(page)))]


def scanned_minutes(sample: Sample) -> list[np.ndarray]:
    """Black and white scans, a little askew, with dark edges; no text layer."""
    tilts = (0.4, -0.8, 0.6)
    return [
        _black_and_white_scan(text, sample.size, degrees, seed)
        for seed, (text, degrees) in enumerate(zip(sample.pages, tilts, strict=True))
    ]


SAMPLES = (
    Sample(
        "english_clean.png",
        "eng",
        (texts.LETTER,),
        (1748, 2480),
        300,
        clean_letter,
        "What an easy page gives: no step should make it worse.",
    ),
    Sample(
        "english_two_columns.png",
        "eng",
        (texts.GAZETTE,),
        (1165, 1654),
        200,
        two_columns,
        "Reading order, page segmentation, joining divided words.",
    ),
    Sample(
        "english_noisy.png",
        "eng",
        (texts.DIARY,),
        (764, 1000),
        150,
        noisy_diary,
        "Denoising.",
    ),
    Sample(
        "english_uneven_light.png",
        "eng",
        (texts.SHIP_LOG,),
        (1000, 1320),
        200,
        shaded_log,
        "Flattening the light; local against global thresholds.",
    ),
    Sample(
        "english_rotated.png",
        "eng",
        (texts.INVENTORY,),
        (1165, 1400),
        200,
        turned_inventory,
        "Turning by 90 degrees; figures among words.",
    ),
    Sample(
        "german_skewed.png",
        "deu",
        (texts.ALMANAC,),
        (1165, 1480),
        200,
        skewed_almanac,
        "Deskewing; ä, ö, ü and ß.",
    ),
    Sample(
        "french_typescript.png",
        "fra",
        (texts.CATALOGUE,),
        (1165, 1400),
        200,
        typed_catalogue,
        "Uneven ink; accents and French spacing.",
    ),
    Sample(
        "indonesian_receipt.png",
        "ind",
        (texts.RECEIPT,),
        (500, 920),
        203,
        market_receipt,
        "Page segmentation: figures far from their words, on a narrow strip.",
    ),
    Sample(
        "indonesian_photo.jpg",
        "ind",
        (texts.NOTICE,),
        (1200, 1600),
        150,
        photographed_notice,
        "Cropping, perspective, uneven light, JPEG in colour.",
    ),
    Sample(
        "multi_page.pdf",
        "eng",
        texts.MINUTES,
        (1150, 1650),
        200,
        scanned_minutes,
        "Many pages from one file; a PDF that holds only images.",
    ),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw all samples, or check those that are there."""
    parser = argparse.ArgumentParser(description="Draw the sample images.")
    parser.add_argument(
        "--check", action="store_true", help="draw nothing; exit 1 if a file differs"
    )
    if parser.parse_args(arguments).check:
        found = list(differences())
        print("\n".join(found), file=sys.stderr, end="\n" if found else "")
        return 1 if found else 0
    try:
        for sample in SAMPLES:
            draw_sample(sample)
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 1
    (HERE / "README.md").write_text(readme(), encoding="utf-8")
    return 0


def draw_sample(sample: Sample) -> None:
    """Draw one sample and write it with its ground truth."""
    pages = [_picture(page) for page in sample.draw(sample)]
    for page in pages:
        if page.size != sample.size:
            raise ValueError(f"{sample.file} came out as {page.size} pixels.")
    _save(pages, sample)
    sample.truth_path.write_text(sample.truth, encoding="utf-8", newline="\n")


def differences() -> Iterator[str]:
    """Say, a line each, where the folder is not what this script would write.

    Sizes of pictures are compared, not their bytes: those vary with the versions of
    the libraries and fonts.
    """
    written = [(HERE / "README.md", readme())]
    written += [(sample.truth_path, sample.truth) for sample in SAMPLES]
    for path, text in written:
        if not path.exists():
            yield f"{path.name} is missing."
        elif path.read_text(encoding="utf-8") != text:
            yield f"{path.name} is not what draw.py writes."
    for sample in SAMPLES:
        wanted = [sample.size] * len(sample.pages)
        if not sample.path.exists():
            yield f"{sample.file} is missing."
        elif (sizes := page_sizes(sample.path)) != wanted:
            yield f"{sample.file} has pages of {sizes} pixels, not {wanted}."


def page_sizes(path: Path) -> list[tuple[int, int]]:
    """Read the pixel sizes of the pages of a drawn image or PDF."""
    if path.suffix != ".pdf":
        with Image.open(path) as image:
            return [image.size]
    scans = re.findall(rb"<<[^>]*/Subtype /Image.*?>>", path.read_bytes(), re.DOTALL)
    return [(_number(b"Width", scan), _number(b"Height", scan)) for scan in scans]


def readme() -> str:
    """Write README.md: what each file is, how it was made and what it is for."""
    rows = [
        f"| [{sample.file}]({sample.file}) | {sample.language} | {len(sample.pages)} "
        f"| {sample.size[0]} x {sample.size[1]} | {sample.dpi} "
        f"| {(sample.draw.__doc__ or '').strip()} | {sample.purpose} |"
        for sample in SAMPLES
    ]
    return README.format(rows="\n".join(rows))


README = """\
# Sample images

Pages to try things on. Their texts were made up for this project, so what they say
is known to the letter: `NAME.gt.txt` is the ground truth of `NAME.png`, `.jpg` or
`.pdf`.

| File | Language | Pages | Pixels | dpi | How made | Purpose |
| --- | --- | --- | --- | --- | --- | --- |
{rows}

Ground truth is UTF-8 with one line of text for each line of print, in reading order.
An empty line stands where the page leaves one, a run of blanks is written as one
blank, and a form feed parts the pages.

`draw.py` draws the pictures and writes the ground truth and this page:

    python -m sample_images.draw            draw everything anew
    python -m sample_images.draw --check    exit 1 if a file differs from the script

To add a sample, add a function and a line to `SAMPLES` there, and draw.

## A demo corpus

`demo.py` draws 92 pages of four small newspapers, in English, German, French and
Indonesian, 1890 to 1929; their sentences stand in `demo.toml`. Nothing of them is kept
here: they are drawn in half a minute.

    python -m sample_images.demo demo/
    for language in eng deu fra ind; do
        ocr-core batch demo/$language --corpus demo.sqlite --language $language
    done
    ocr-core metadata demo.sqlite --csv demo/metadata.csv
    ocr-core trends demo.sqlite steamer motor --by year --languages eng

Each newspaper is read in its own language, so that stop words, lemmas and elisions
are its own; where a language is not installed, read it with `--language eng` and
expect its accents to be wrong. One run over all of `demo/` with
`--language eng+deu+fra+ind` works as well, but takes longer and tells the pages'
languages apart no more.

`metadata.csv` has for each document its paper, year, month, language, the section that
leads, and how its pages are degraded. Planted are:

- ships: sails give way to steamers, from 1910 on to motor vessels;
- prices, which rise slowly, then double in the war; gas lamps, then electric light;
- no issue between April 1914 and November 1918, and one full of influenza then;
- the same captains, ships and towns over the years; words broken at line ends; running
  heads and page numbers;
- degradation, which goes with neither language nor year, with one exception: the German
  issues from 1890 to 1900 are all noisy and later ones never, and `ocr-core trust
  demo.sqlite --by year --languages deu` warns of it.

Names, spelling and prices are not of the time: all is spelled as today.
"""


def _number(key: bytes, source: bytes) -> int:
    match = re.search(rb"/" + key + rb" (\d+)", source)
    return int(match[1]) if match else 0


def _picture(page: np.ndarray) -> Image.Image:
    """Take an (H, W) or BGR (H, W, 3) uint8 array to Pillow."""
    if page.ndim == 3:
        page = cv2.cvtColor(page, cv2.COLOR_BGR2RGB)
    return Image.fromarray(page)


def _save(pages: list[Image.Image], sample: Sample) -> None:
    first, *others = pages
    dpi = (sample.dpi, sample.dpi)
    match sample.path.suffix:
        case ".png":
            first.save(sample.path, optimize=True, dpi=dpi)
        case ".jpg":
            first.save(sample.path, quality=80, optimize=True, dpi=dpi)
        case ".pdf":
            first.convert("1").save(
                sample.path,
                save_all=True,
                append_images=[page.convert("1") for page in others],
                resolution=sample.dpi,
                creationDate=time.gmtime(0),  # the same bytes on every run
                modDate=time.gmtime(0),
            )


def _sheet(sample: Sample, **layout: Any) -> np.ndarray:
    page, _ = draw_text_page(sample.pages[0], size=sample.size, **layout)
    return np.asarray(page)


def _black_and_white_scan(
    text: str, size: tuple[int, int], degrees: float, seed: int
) -> np.ndarray:
    page, _ = draw_text_page(text, size=size, font_size=37, margin=120, leading=1.7)
    scan = dark_border(tilt(np.asarray(page), degrees), width=24)
    scan = salt_and_pepper(scan, 0.0008, seed)
    return np.where(scan < 128, np.uint8(0), np.uint8(255))


if __name__ == "__main__":
    sys.exit(main())
