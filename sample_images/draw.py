"""Samples: pages whose every word is known, and the ways in which pages go bad.

Run it to draw the samples beside it, their ground truth and README.md. Import it to
draw pages in tests and benchmarks: `draw_text_page` says where each word stands, and
each degradation is a function from pixels to pixels. The drawn files are kept with
the project, so nobody needs the fonts only to use them.

    python sample_images/draw.py            draw everything anew
    python sample_images/draw.py --check    exit 1 if a file differs from this script
"""

import argparse
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

HERE = Path(__file__).parent

FONTS = {
    "serif": ("DejaVuSerif", "LiberationSerif-Regular", "Times New Roman"),
    "serif-bold": ("DejaVuSerif-Bold", "LiberationSerif-Bold", "Times New Roman Bold"),
    "sans": ("DejaVuSans", "LiberationSans-Regular", "Arial"),
    "mono": ("DejaVuSansMono", "LiberationMono-Regular", "Courier New"),
}

Press = Callable[[str, ImageFont.FreeTypeFont], tuple[np.ndarray, int, int]]
"""Turns a word into ink: (H, W) uint8 coverage, and its place from pen and baseline."""


class DrawnWord(NamedTuple):
    """A word and the smallest box that holds every pixel of its ink.

    `left` and `top` count from the top left corner of the page; `line` counts the
    lines of the text from 0, empty ones too.
    """

    text: str
    left: int
    top: int
    width: int
    height: int
    line: int


class Block(NamedTuple):
    """A piece of text set at one place in one font; sizes in pixels.

    `leading` is the distance between baselines as a multiple of the font size.
    """

    text: str
    left: int
    top: int
    font: str = "serif"
    font_size: int = 32
    leading: float = 1.5


def draw_text_page(
    text: str,
    *,
    size: tuple[int, int],
    font: str = "serif",
    font_size: int = 32,
    margin: int = 80,
    leading: float = 1.5,
    ink: int = 0,
    paper: int = 255,
    press: Press | None = None,
) -> tuple[Image.Image, list[DrawnWord]]:
    """Draw a page of text and say where each of its words stands.

    Lines are drawn as they are in `text`: none is wrapped. Words that would leave the
    page raise ValueError, so what is drawn is always all of the text.
    """
    block = Block(text, margin, margin, font, font_size, leading)
    return draw_blocks([block], size=size, ink=ink, paper=paper, press=press)


def draw_blocks(
    blocks: Sequence[Block],
    *,
    size: tuple[int, int],
    ink: int = 0,
    paper: int = 255,
    press: Press | None = None,
) -> tuple[Image.Image, list[DrawnWord]]:
    """Draw several blocks of text on one page; lines are counted through them all."""
    width, height = size
    page = np.full((height, width), paper, np.uint8)
    words: list[DrawnWord] = []
    first_line = 0
    for block in blocks:
        words += _write(page, block, first_line, ink, press or printed)
        first_line += len(block.text.split("\n"))
    return Image.fromarray(page), words


def printed(word: str, font: ImageFont.FreeTypeFont) -> tuple[np.ndarray, int, int]:
    """Set a word in even ink: a `Press`."""
    ascent, descent = font.getmetrics()
    pad = ascent  # accents and slanted ends may reach beyond the font's own box
    size = (round(font.getlength(word)) + 2 * pad, ascent + descent + 2 * pad)
    canvas = Image.new("L", size)
    ImageDraw.Draw(canvas).text((pad, 2 * pad), word, font=font, fill=255, anchor="ls")
    box = canvas.getbbox()
    if box is None:
        raise ValueError(f"The font has no ink for {word!r}.")
    return np.asarray(canvas.crop(box)), box[0] - pad, box[1] - 2 * pad


def typewriter(seed: int = 0, faintest: float = 0.3) -> Press:
    """Make a `Press` that strikes every letter with its own force, a little off line.

    `faintest` is the least share of ink that a letter gets.
    """
    rng = np.random.default_rng(seed)

    def strike(word: str, font: ImageFont.FreeTypeFont) -> tuple[np.ndarray, int, int]:
        ascent, descent = font.getmetrics()
        pad = ascent
        width = round(font.getlength(word)) + 2 * pad
        canvas = np.zeros((ascent + descent + 2 * pad, width), np.uint8)
        for index, letter in enumerate(word):
            mask, left, top = printed(letter, font)
            if rng.random() < 0.15:  # a hard stroke, spread by the ribbon
                mask = cv2.dilate(mask, np.ones((2, 2), np.uint8))
            force = rng.uniform(faintest, 1.0)
            left += pad + round(font.getlength(word[:index]))
            top += 2 * pad + int(rng.integers(-1, 2))
            spot = canvas[top : top + mask.shape[0], left : left + mask.shape[1]]
            np.maximum(spot, (mask * force).astype(np.uint8), out=spot)
        left, top, wide, high = cv2.boundingRect(canvas)
        return canvas[top : top + high, left : left + wide], left - pad, top - 2 * pad

    return strike


@cache
def load_font(style: str, size: int) -> ImageFont.FreeTypeFont:
    """Load the first font of this style that the system has."""
    for name in FONTS[style]:
        try:
            # The basic layout gives the same places with and without libraqm.
            return ImageFont.truetype(
                f"{name}.ttf", size, layout_engine=ImageFont.Layout.BASIC
            )
        except OSError:
            continue
    names = ", ".join(FONTS[style])
    raise FileNotFoundError(
        f"No {style} font found (looked for {names}). Install DejaVu or Liberation: "
        "apt install fonts-dejavu, dnf install dejavu-fonts-all."
    )


def moved(words: Sequence[DrawnWord], matrix: np.ndarray) -> list[DrawnWord]:
    """Give the upright boxes around words whose page was moved.

    Parameters
    ----------
    words : sequence of DrawnWord
        Words on the page as it was drawn.
    matrix : (3, 3) float array
        Takes a point of the drawn page to the moved one: `tilt_matrix`,
        `photo_matrix` or a product of them.
    """
    return [_moved_word(word, matrix) for word in words]


def salt_and_pepper(
    image: np.ndarray, share: float = 0.05, seed: int = 0
) -> np.ndarray:
    """Strew white and black pixels in equal number.

    Parameters
    ----------
    image : (H, W) uint8 array
    share : float
        Share of all pixels that are hit, 0 to 1.

    Returns
    -------
    (H, W) uint8 array
    """
    chance = np.random.default_rng(seed).random(image.shape)
    noisy = image.copy()
    noisy[chance < share / 2] = 0
    noisy[chance > 1 - share / 2] = 255
    return noisy


def gaussian_noise(image: np.ndarray, sigma: float = 20, seed: int = 0) -> np.ndarray:
    """Add the grain of a tired sensor.

    Parameters
    ----------
    image : (H, W) uint8 array
    sigma : float
        Standard deviation, in grey levels.

    Returns
    -------
    (H, W) uint8 array
    """
    grain = np.random.default_rng(seed).normal(0, sigma, image.shape)
    return _to_uint8(image + grain)


def blur(image: np.ndarray, sigma: float = 1.0) -> np.ndarray:
    """Soften an (H, W[, 3]) uint8 image; `sigma` in pixels."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.uint8)


def fade(image: np.ndarray, ink: int = 120, paper: int = 220) -> np.ndarray:
    """Squeeze black and white into the greys of old ink on old paper.

    Parameters
    ----------
    image : (H, W[, 3]) uint8 array
    ink, paper : int
        The greys that 0 and 255 become.

    Returns
    -------
    (H, W[, 3]) uint8 array
    """
    return _to_uint8(ink + image.astype(float) * (paper - ink) / 255)


def uneven_light(image: np.ndarray, darkest: float = 0.3) -> np.ndarray:
    """Lay a soft shadow over the page, from light top left to dark bottom right.

    Parameters
    ----------
    image : (H, W) uint8 array
    darkest : float
        Share of the light that reaches the darkest corner, 0 to 1.

    Returns
    -------
    (H, W) uint8 array
    """
    height, width = image.shape
    across = np.linspace(0, 1, width)
    down = np.linspace(0, 1, height)[:, None]
    depth = (across + down) / 2
    shadow = depth * depth * (3 - 2 * depth)  # smooth at both ends, as shadows are
    return _to_uint8(image * (1 - (1 - darkest) * shadow))


def tilt(image: np.ndarray, degrees: float, paper: int = 255) -> np.ndarray:
    """Turn the page about its middle, on a sheet of the same size.

    Parameters
    ----------
    image : (H, W) uint8 array
    degrees : float
        Counter-clockwise as one sees it.
    paper : int
        Grey of the corners that come into view.

    Returns
    -------
    (H, W) uint8 array
    """
    height, width = image.shape
    return _warped(image, tilt_matrix((width, height), degrees), (width, height), paper)


def tilt_matrix(size: tuple[int, int], degrees: float) -> np.ndarray:
    """Give the (3, 3) float array by which `tilt` moves a page of (W, H) `size`."""
    middle = (size[0] / 2, size[1] / 2)
    return np.vstack([cv2.getRotationMatrix2D(middle, degrees, 1), [0, 0, 1]])


def photograph(
    image: np.ndarray, size: tuple[int, int], table: int = 40, seed: int = 0
) -> np.ndarray:
    """Lay the page on a dark table and look at it from the side.

    Parameters
    ----------
    image : (H, W) uint8 array
    size : (int, int)
        Width and height of the photograph.
    table : int
        Mean grey of the table.

    Returns
    -------
    (size[1], size[0]) uint8 array
    """
    height, width = image.shape
    matrix = photo_matrix((width, height), size)
    sheet = _warped(image, matrix, size, 0)
    cover = _warped(np.full_like(image, 255), matrix, size, 0) / 255
    boards = table * _grain((size[1], size[0]), cells=(3, 40), seed=seed)
    return _to_uint8(sheet + boards * (1 - cover))


def photo_matrix(sheet: tuple[int, int], photo: tuple[int, int]) -> np.ndarray:
    """Give the (3, 3) float array by which `photograph` moves a (W, H) sheet."""
    right, bottom = sheet[0] - 1, sheet[1] - 1
    corners = np.array([[0, 0], [right, 0], [right, bottom], [0, bottom]], np.float32)
    seen = np.array([[0.17, 0.10], [0.87, 0.05], [0.96, 0.94], [0.04, 0.91]])
    target = (seen * photo).astype(np.float32)
    return np.asarray(cv2.getPerspectiveTransform(corners, target))


def invert(image: np.ndarray) -> np.ndarray:
    """Swap dark and light of an (H, W[, 3]) uint8 image, as on microfilm."""
    return 255 - image


def dark_border(image: np.ndarray, width: int = 30, grey: int = 20) -> np.ndarray:
    """Paint the dark edge that a scanner leaves around a smaller sheet.

    Parameters
    ----------
    image : (H, W) uint8 array
    width : int
        Widest part in pixels; keep it below the page's margin.

    Returns
    -------
    (H, W) uint8 array
        As large as `image`: nothing on it has moved.
    """
    height, across = image.shape
    near, far = width // 2, width  # the sheet lies a little askew
    sheet = np.array(
        [
            [near, far],
            [across - 1 - far, near],
            [across - 1 - near, height - 1 - far],
            [far, height - 1 - near],
        ],
        np.int32,
    )
    cover = np.zeros_like(image)
    cv2.fillConvexPoly(cover, sheet, 255)
    return np.where(cover > 0, image, np.uint8(grey))


def bleed_through(
    image: np.ndarray, strength: float = 0.35, back: np.ndarray | None = None
) -> np.ndarray:
    """Let the other side of the leaf shine through, mirrored and soft.

    Parameters
    ----------
    image : (H, W) uint8 array
    strength : float
        Share of the back's ink that is seen, 0 to 1.
    back : (H, W) uint8 array, optional
        What is written there; the page itself if not given.

    Returns
    -------
    (H, W) uint8 array
    """
    mirrored = (image if back is None else back)[:, ::-1]
    ghost = 255 - strength * (255.0 - blur(mirrored, 1.5))
    return _to_uint8(np.minimum(image, ghost))


def few_greys(image: np.ndarray, levels: int = 16) -> np.ndarray:
    """Round an (H, W[, 3]) uint8 image to evenly spaced greys: a smaller PNG."""
    step = 255 / (levels - 1)
    return _to_uint8(np.round(image / step) * step)


def _write(
    page: np.ndarray, block: Block, first_line: int, ink: int, press: Press
) -> Iterator[DrawnWord]:
    font = load_font(block.font, block.font_size)
    for index, line in enumerate(block.text.split("\n")):
        baseline = block.top + round(block.font_size * (1 + index * block.leading))
        for match in re.finditer(r"\S+", line):
            pen = block.left + round(font.getlength(line[: match.start()]))
            mask, left, top = press(match[0], font)
            word = DrawnWord(
                match[0],
                pen + left,
                baseline + top,
                mask.shape[1],
                mask.shape[0],
                first_line + index,
            )
            _stamp(page, mask, word, ink)
            yield word


def _stamp(page: np.ndarray, mask: np.ndarray, word: DrawnWord, ink: int) -> None:
    right, bottom = word.left + word.width, word.top + word.height
    height, width = page.shape
    if word.left < 0 or word.top < 0 or right > width or bottom > height:
        raise ValueError(
            f"The word {word.text!r} of line {word.line} leaves the page of "
            f"{width} x {height} pixels: make the font, margin or line smaller."
        )
    spot = page[word.top : bottom, word.left : right]
    spot[:] = _to_uint8(spot + mask / 255 * (ink - spot.astype(float)))


def _moved_word(word: DrawnWord, matrix: np.ndarray) -> DrawnWord:
    right, bottom = word.left + word.width, word.top + word.height
    corners = [(x, y) for x in (word.left, right) for y in (word.top, bottom)]
    points = cv2.perspectiveTransform(np.array([corners], float), matrix)[0]
    left, top = np.floor(points.min(axis=0)).astype(int)
    width, height = np.ceil(points.max(axis=0)).astype(int) - (left, top)
    return DrawnWord(word.text, int(left), int(top), int(width), int(height), word.line)


def _warped(
    image: np.ndarray, matrix: np.ndarray, size: tuple[int, int], around: int
) -> np.ndarray:
    moved = cv2.warpPerspective(
        image, matrix, size, flags=cv2.INTER_CUBIC, borderValue=(around,) * 3
    )
    return np.asarray(moved, np.uint8)


def _grain(shape: tuple[int, int], cells: tuple[int, int], seed: int) -> np.ndarray:
    """Give soft unevenness around 1.0, with so many cells down and across."""
    coarse = np.random.default_rng(seed).uniform(0.6, 1.4, cells)
    return np.asarray(cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC))


def _to_uint8(values: np.ndarray) -> np.ndarray:
    return np.clip(np.round(values), 0, 255).astype(np.uint8)


LETTER = """\
Harbour House, 14 March 1887

Dear Miss Ellery,

I write to thank you for the two boxes of papers
which reached us on Tuesday by the carrier's cart.
The minute books of the Seed Society (1841-1863)
are in better order than I had dared to hope; only
the last volume has suffered from the damp.

My clerk has begun a list. He counts 212 letters,
37 printed bills and one map of the old quay, drawn
in ink and coloured by hand. "It is the only one of
its kind," he says, and I believe him.

May we keep the boxes until Michaelmas? We should
like to copy the accounts, which name the price of
oats, barley and lamp oil for each week, and the
wages paid to 19 men and 6 women.

Please give my regards to your brother. If he still
has the key of the tin chest, we shall gladly send
someone to fetch it; the postage is 4d.

I remain, dear Madam, yours faithfully,

Josiah Penrose, Keeper of the Rolls"""

GAZETTE_HEAD = "THE QUAYSIDE GAZETTE"

GAZETTE_DATE = "Saturday, 9 October 1909 - No. 1,284 - Price one penny"

GAZETTE_LEFT = """\
NEW LAMPS FOR THE PIER

The lighting committee met on
Thursday at the Town Hall and
resolved, by 7 votes to 2, that
the oil lamps on the east pier
be replaced before the winter.
Twelve electric lamps will be
set up at a cost of £340, which
the harbour dues are to meet.

Captain Rowe asked whether the
fishing boats might be dazzled
on entering. The engineer ans-
wered that the light would be
shaded on the side of the sea.

A HEAVY CATCH

The smack Good Intent landed
her largest catch of the year
on Monday: 46 baskets of her-
ring and 11 of mackerel. Prices
fell to 3s. a basket by noon,
and the carts were sent as far
as the villages on the moor."""

GAZETTE_RIGHT = """\
THE READING ROOM

Since its opening in May the
reading room has lent out 1,906
volumes. Travels and sermons
are most in demand; novels,
the librarian reports, are
returned the soonest and in the
worst condition.

Readers are reminded that no
book may be kept longer than
fourteen days. The fine is one
penny for each week.

WEATHER

Fresh winds from the south-
west, with rain on Sunday. The
glass stood at 29.6 inches when
we went to press.

LOST, near the corn market, a
silver watch with a black rib-
bon. The finder is asked to
bring it to Mrs. Dunn, 5 Net
Lane, who offers a reward."""

DIARY = """\
Friday, 3 February 1871

Snow again in the night, eleven inches
by the church wall. The mail coach did
not come through, and we have had no
newspaper for six days.

Walked to the mill with Thomas. The
wheel is frozen fast, but the miller
has flour enough for three weeks. He
asked 2s. 6d. for a sack and I paid it.

In the evening I read aloud from the
old travels. Mother slept; Anne wound
wool and wished to know how far it is
to Lisbon. About 900 miles, I said.

Saturday, 4 February

A thaw at last. Water in the cellar."""

SHIP_LOG = """\
Log of the brig Mary Hallam
Bristol to Halifax, 1852

Day 17. Wind north-west, strong. Took
in two reefs at daybreak. Distance run
by noon 141 miles, latitude 47 degrees.

Day 18. Sea very high. A cask of water
broke loose and hurt the cook's arm.
He is able to stand but not to work.

Day 19. Weather clearing. Passed three
whales, and at 4 o'clock a Danish ship
bound east, which asked our longitude.

Day 20. Calm. All hands mending sails.
Bread is good, the cheese is spoiled.
There are 23 barrels of beef left.

Day 21. A light breeze from the south.
The mate saw gulls before sunset, and
we expect the banks within two days."""

ALMANAC = """\
Kalender für den Landmann
auf das Jahr 1868

Mai, der Wonnemonat, hat 31 Tage.

Der Tag nimmt um 1 Stunde und 16 Minuten zu.
Die Sonne geht am 1. um 4 Uhr 34 Minuten auf
und um 7 Uhr 22 Minuten unter.

Bauernregel: Kühler Mai und Regen dazu füllen
dem Bauern Scheune und Truhe.

Im Garten: Bohnen, Gurken und Kürbisse werden
nach den Eisheiligen gesät. Man gieße früh am
Morgen und lockere die Erde mit der Hacke. Die
Kirschbäume schütze man vor Blattläusen.

Im Stall: Das Vieh wird an das grüne Futter ge-
wöhnt; die Schafe sind zu waschen und zu scheren.
Gegen Würmer hilft ein Aufguß von Wermut.

Märkte: am 4. in Münster, am 11. in Göttingen,
am 19. in Überlingen, am 26. in Weißenfels.
Öl, Äpfel und Käse sind zollfrei."""

CATALOGUE = """\
BIBLIOTHÈQUE MUNICIPALE - FONDS ANCIEN

Cote : Ms. 417 (anc. B 32)

Recueil de chansons et de prières,
recopié à Besançon vers 1745.

Papier, 128 feuillets, 210 x 155 mm.
Écriture cursive, deux mains. Reliure
en veau brun, très usée ; le dos a été
refait au XIXe siècle.

F. 1-46 : chansons à boire, sans notes.
F. 47-90 : noëls, dont un en patois.
F. 91-128 : prières du matin et du soir,
suivies d'un remède contre la fièvre.

Provenance : acheté 15 francs, le 7 août
1889, à la vente du curé Lefèvre. Cachet
effacé au feuillet 3. Où était le livre
auparavant ? Nul ne le sait.

Voir aussi : Ms. 420, même écriture."""

RECEIPT = """\
    WARUNG SUMBER REJEKI
    Jl. Pasar Baru No. 27
         Yogyakarta

Tgl 12-08-2019    Jam 07:45
Kasir: Wulan      Nota 0318

Beras 5 kg           62.500
Gula pasir 2 kg      25.000
Minyak goreng        28.750
Telur 1 kg           24.000
Cabai merah           9.500
Tempe 3 bungkus      12.000
Kopi bubuk           15.250
Sabun cuci            6.000

Jumlah              183.000
Tunai               200.000
Kembali              17.000

   Terima kasih, silakan
      datang kembali."""

NOTICE = """\
PENGUMUMAN

Kepada seluruh warga Desa Karangsari

Dengan hormat, kami memberitahukan bahwa
kerja bakti membersihkan saluran air akan
diadakan pada hari Minggu, 21 April 1974,
mulai pukul 06.30 pagi.

Setiap rumah diharapkan mengirim satu orang
dengan membawa cangkul atau sabit. Ibu-ibu
menyiapkan teh dan singkong rebus di balai
desa.

Sesudah itu, pukul 10.00, akan diadakan
rapat tentang perbaikan jembatan. Biaya
seluruhnya Rp 45.000 dan sudah terkumpul
Rp 31.500 dari 63 keluarga.

Atas perhatian dan bantuan Saudara, kami
ucapkan banyak terima kasih.

Kepala Desa, Sastro Wiryono"""

INVENTORY = """\
INVENTORY OF THE SCHOOLHOUSE
taken on 30 June 1894 by order of the vestry

14 benches of oak, good, but for one loose leg
62 slates in wooden frames, nine of them cracked
5 maps on rollers; the map of Africa is torn
1 globe of twelve inches, its stand mended in 1890
3 abacuses, one short of a bead
58 inkwells of stoneware, four without lids
1 hand bell of brass; 2 coal scuttles, rusted

Books: 40 primers, 31 spellers, 22 arithmetics and
6 hymnals. The roof leaks above the north window
and wants about 30 slates before the autumn.

Signed: Edith Farrow, mistress, and John Pell."""

MINUTES_1 = """\
THE FERN AND MOSS CLUB
Minutes of the year 1926

First meeting, 12 January

Present: Miss Ashby in the chair, Mr. Cole,
Dr. Imrie, Mrs. Tandy and eleven members.

The minutes of the last meeting were read
and signed. The treasurer reported a sum of
£18 4s. in hand, and £2 owed to the printer.

Dr. Imrie showed a maidenhair fern which he
had found on the wall of the old bakehouse.
It was agreed that no member should name the
place in print.

Mr. Cole proposed an outing to the waterfall
in April. Carried without a vote against."""

MINUTES_2 = """\
Second meeting, 20 April

Present: Mr. Cole in the chair, Miss Ashby,
Dr. Imrie and eight members. Mrs. Tandy sent
her excuses from Edinburgh.

The outing took place on the 17th in heavy
rain. Nineteen kinds of moss were counted, of
which three are new to our list:

No. 84, on limestone by the upper bridge
No. 85, on rotten alder in the wood
No. 86, on the slate roof of the inn

The cost of the hired bus was £1 15s. The
driver declined to be made a member."""

MINUTES_3 = """\
Third meeting, 9 November

Present: Miss Ashby in the chair and fifteen
members, with four guests.

The secretary read a letter from the Museum,
which offers two glass cases for our dried
plants. The offer was accepted with thanks.

Mrs. Tandy asked for a smaller subscription.
After some debate it was left at 5s. a year;
members under twenty-one shall pay half.

Elected for 1927: Dr. Imrie, chairman; Mrs.
Tandy, treasurer; Miss Ashby, secretary.

The meeting closed at half past nine."""


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
        Block(GAZETTE_HEAD, 190, 70, "serif-bold", 54),
        Block(GAZETTE_DATE, 230, 160, "serif", 25),
        Block(GAZETTE_LEFT, 90, 250, "serif", 28, 1.7),
        Block(GAZETTE_RIGHT, 615, 250, "serif", 28, 1.7),
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
    return [_to_uint8(photo[:, :, None] * np.array([0.82, 0.94, 1.0]))]


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


GAZETTE = "\n".join([GAZETTE_HEAD, GAZETTE_DATE, GAZETTE_LEFT, GAZETTE_RIGHT])

MINUTES = (MINUTES_1, MINUTES_2, MINUTES_3)

SAMPLES = (
    Sample(
        "english_clean.png",
        "eng",
        (LETTER,),
        (1748, 2480),
        300,
        clean_letter,
        "What an easy page gives: no step should make it worse.",
    ),
    Sample(
        "english_two_columns.png",
        "eng",
        (GAZETTE,),
        (1165, 1654),
        200,
        two_columns,
        "Reading order, page segmentation, joining divided words.",
    ),
    Sample(
        "english_noisy.png",
        "eng",
        (DIARY,),
        (764, 1000),
        150,
        noisy_diary,
        "Denoising.",
    ),
    Sample(
        "english_uneven_light.png",
        "eng",
        (SHIP_LOG,),
        (1000, 1320),
        200,
        shaded_log,
        "Flattening the light; local against global thresholds.",
    ),
    Sample(
        "english_rotated.png",
        "eng",
        (INVENTORY,),
        (1165, 1400),
        200,
        turned_inventory,
        "Turning by 90 degrees; figures among words.",
    ),
    Sample(
        "german_skewed.png",
        "deu",
        (ALMANAC,),
        (1165, 1480),
        200,
        skewed_almanac,
        "Deskewing; ä, ö, ü and ß.",
    ),
    Sample(
        "french_typescript.png",
        "fra",
        (CATALOGUE,),
        (1165, 1400),
        200,
        typed_catalogue,
        "Uneven ink; accents and French spacing.",
    ),
    Sample(
        "indonesian_receipt.png",
        "ind",
        (RECEIPT,),
        (500, 920),
        203,
        market_receipt,
        "Page segmentation: figures far from their words, on a narrow strip.",
    ),
    Sample(
        "indonesian_photo.jpg",
        "ind",
        (NOTICE,),
        (1200, 1600),
        150,
        photographed_notice,
        "Cropping, perspective, uneven light, JPEG in colour.",
    ),
    Sample(
        "multi_page.pdf",
        "eng",
        MINUTES,
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

    python sample_images/draw.py            draw everything anew
    python sample_images/draw.py --check    exit 1 if a file differs from the script

To add a sample, add a function and a line to `SAMPLES` there, and draw.
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
