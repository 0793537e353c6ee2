"""Series of short documents: lines with positions, and which of them are running heads.

Each layout draws a page from a random generator: body texts differ from page to page,
letters are misread now and then, and pages lie some pixels higher or lower.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby

from ocr_core.page import PageRef, PageResult, Word
from ocr_core.text.context import Neighbour, context_of, summary_of
from ocr_core.text.running_heads import NEAR

SIZE = (1000, 1500)
PITCH = 30  # of lines of text
HEIGHT = 20  # of their letters
MISREAD = 0.015  # of all letters
SYLLABLES = "ba co di fu ga he ji ko la me ni po qua re si tu va wo xe zu".split()
MONTHS = (
    "January February March April May June July August September October November "
    "December"
).split()
TAGE = "Montag Dienstag Mittwoch Donnerstag Freitag Samstag".split()
MONATE = (
    "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"
).split()
SECTIONS = "SHIPPING MARKETS COUNCIL NOTICES".split()


@dataclass
class DrawnPage:
    """A page that is drawn line by line; `heads` are its running heads, as numbers."""

    rng: random.Random
    rows: list[Word] = field(default_factory=list)
    heads: set[int] = field(default_factory=set)
    block: int = 0
    line: int = 0
    shift: int = 0

    def write(
        self,
        text: str,
        left: int,
        top: int,
        *,
        height: int = HEIGHT,
        head: bool = False,
    ) -> None:
        """Set a line in a block of its own."""
        self.block += 1
        if head:
            self.heads.add(self.line)
        self.set(text, left, top, height)

    def set(self, text: str, left: int, top: int, height: int = HEIGHT) -> None:
        """Set the next line of the block; `left` below 0 counts from the right."""
        wide = height * 0.55
        x = left if left >= 0 else SIZE[0] + left - len(text) * wide
        for n, word in enumerate(text.split(), 1):
            jitter = self.rng.randint(-1, 1)
            box = (round(x), top + self.shift + jitter, round(len(word) * wide), height)
            read = "".join(map(self.read, word))
            self.rows.append(Word(self.block, 1, self.line + 1, n, *box, 90.0, read))
            x += (len(word) + 1) * wide
        self.line += 1

    def read(self, letter: str) -> str:
        """Return a letter, now and then another."""
        wrong = letter.isalpha() and self.rng.random() < MISREAD
        return self.rng.choice("cesuin") if wrong else letter

    def prose(self, left: int, top: int, width: int, lines: int) -> int:
        """Set lines of made-up words; return the top of the next line."""
        self.block += 1
        for _ in range(lines):
            text = ""
            while len(text) * HEIGHT * 0.55 < width - 120:
                word = "".join(self.rng.choices(SYLLABLES, k=self.rng.randint(1, 4)))
                text = f"{text} {word}{self.rng.choice(['', '', '', ',', '.'])}".strip()
            self.set(text, left, top)
            top += PITCH
        return top


Layout = Callable[[DrawnPage, int, int], None]


def centred(text: str, height: int = HEIGHT) -> int:
    """Return where a line begins that stands in the middle."""
    return round((SIZE[0] - len(text) * height * 0.55) / 2)


def weekly(page: DrawnPage, issue: int, number: int) -> None:
    """A nameplate over a row of volume, date and price; three columns; two pages."""
    month, day = MONTHS[issue // 4 % 12], 1 + 7 * (issue % 4)
    if number == 1:
        page.write("THE TIDE", centred("THE TIDE", 90), 60, height=90, head=True)
        page.write(f"Vol. III. No. {issue + 1}.", 60, 190, head=True)
        date = f"Hull, Saturday, {day} {month} 1890."
        page.write(date, centred(date), 191, head=True)
        page.write("Price 1d.", -60, 189, head=True)
        top = 265
    else:
        page.write("2", 60, 60, head=True)
        title = f"THE TIDE, {month} {day}, 1890"
        page.write(title, centred(title), 60, head=True)
        top = 125
    for column in range(3):
        left = 60 + 300 * column
        if column == 0 or page.rng.random() < 0.7:
            section = SECTIONS[(issue + column) % 4]
            page.write(section, left + 60, top, height=22)
            page.prose(left, top + PITCH, 280, 30)
        else:
            page.prose(left, top, 280, 31)


def bulletin(page: DrawnPage, issue: int, number: int) -> None:
    """A foot with title and year; above, section heads set off from the text."""
    section = SECTIONS[page.rng.randrange(4)].title()
    page.write(section, 100, 100, height=28)
    end = page.prose(100, 170, 800, 38)
    foot = f"Bulletin of the Harbour Society, vol. {issue // 12 + 1}"
    page.write(foot, 100, end + 60, head=True)
    page.write(str(issue * 4 + number), -100, end + 61, head=True)


def paged_book(page: DrawnPage, issue: int, number: int) -> None:
    """A book of one file a page: heads left and right with the number beside."""
    chapter = issue // 12
    if issue % 12 == 0:
        page.write(f"Chapter {chapter + 1}", 430, 300, height=30)
        end = page.prose(100, 400, 800, 28)
        page.write(str(issue + 7), 490, end + 70, head=True)
        return
    titles = ("The Keeper's Story", "A Winter Voyage", "Lights and Lamps")
    if issue % 2:
        page.write(f"{issue + 7}   THE HARBOUR OF HULL", 100, 60, head=True)
    else:
        title = f"{titles[chapter % 3]}   {issue + 7}"
        page.write(title, -100, 60, head=True)
    page.prose(100, 125, 800, 40)


def daily(page: DrawnPage, issue: int, number: int) -> None:
    """Number, date and year over a nameplate; two columns, the first with a head."""
    page.write(f"Nr. {issue + 101}.", 60, 40, head=True)
    date = f"{TAGE[issue % 6]}, {1 + issue % 28}. {MONATE[issue // 10 % 12]}"
    page.write(date, centred(date), 40, head=True)
    page.write("1890.", -60, 41, head=True)
    page.write(
        "Hamburger Bote", centred("Hamburger Bote", 70), 75, height=70, head=True
    )
    page.write("Politische Nachrichten.", 120, 200)
    page.prose(60, 230, 430, 36)
    page.prose(510, 200, 430, 37)


def courrier(page: DrawnPage, issue: int, number: int) -> None:
    """One head on three pages, each of which begins with the same section."""
    month = "mars avril mai juin juillet".split()[issue // 6 % 5]
    head = f"Le Courrier du Port, {1 + issue % 28} {month} 1890, page {number}"
    page.write(head, 100, 60, head=True)
    page.write("Navires Marchés Conseil Avis".split()[issue % 4], 100, 130, height=26)
    page.prose(100, 170, 800, 40)


def quarterly(page: DrawnPage, issue: int, number: int) -> None:
    """Title, season and number side by side in small letters over two columns."""
    page.write("HARBOUR LIGHTS", 60, 50, height=16, head=True)
    season = f"{'Spring Summer Autumn Winter'.split()[issue // 6 % 4]} 1890"
    page.write(season, centred(season), 51, height=16, head=True)
    page.write(str(issue * 2 + number), -60, 50, height=16, head=True)
    for column in range(2):
        left = 60 + 450 * column
        page.write(SECTIONS[(issue + column) % 4].title(), left, 110, height=34)
        page.prose(left, 170, 430, 38)


def letters(page: DrawnPage, issue: int, number: int) -> None:
    """Letters of one page: index and date, a salutation, a close: no heads at all."""
    date = f"Hull, {1 + issue % 28} {MONTHS[issue // 5 % 12]} 1890"
    page.write(date, -120, 80)
    page.write("My dear Margaret,", 100, 150)
    end = page.prose(140, 200, 760, 30)
    page.write("Your loving brother,", 500, end + 20)
    page.write("Peter", 560, end + 70)


def business_letters(page: DrawnPage, issue: int, number: int) -> None:
    """An address of three lines over the salutation."""
    date = f"{1 + issue % 28} {MONTHS[issue // 5 % 12]} 1890"
    for n, text in enumerate(["14 Quay Street", "Hull", date]):
        page.write(text, -120, 60 + 34 * n)
    page.write("Dear Sir,", 100, 200)
    end = page.prose(140, 250, 760, 28)
    page.write("Yours faithfully,", 500, end + 20)
    page.write("J. Orr", 560, end + 60)


def briefe(page: DrawnPage, issue: int, number: int) -> None:
    """Place and date, a salutation that ends otherwise, a close on one line."""
    date = f"Hamburg-Altona, den {1 + issue % 28}. {MONATE[issue // 5 % 12]} 1890"
    page.write(date, -120, 80)
    page.write("Lieber Freund!", 100, 150)
    end = page.prose(140, 200, 760, 30)
    page.write("Dein Bruder Peter", 560, end + 70)


def sections(page: DrawnPage, issue: int, number: int) -> None:
    """Columns that open with a section: content, and no head above it."""
    for column in range(2):
        left = 60 + 450 * column
        page.write(SECTIONS[(issue // 3 + column) % 4], left + 40, 80)
        page.prose(left, 110, 430, 40)


def filled(page: DrawnPage, label: str, left: int, top: int) -> None:
    """Set a label with a value after it, or none."""
    words = page.rng.choices(SYLLABLES, k=page.rng.randint(0, 4))
    page.write(f"{label} {''.join(words).title()}", left, top)


def registration_cards(page: DrawnPage, issue: int, number: int) -> None:
    """A title over a column of labels with values; no heads at all."""
    page.write("REGISTER OF SEAMEN", centred("REGISTER OF SEAMEN", 40), 60, height=40)
    labels = "Surname: Forenames: Born: Parish: Rank: Vessel: Master: Wages: Remarks:"
    for n, label in enumerate(labels.split()):
        filled(page, label, 100, 180 + 90 * n)


def fragebogen(page: DrawnPage, issue: int, number: int) -> None:
    """A title, its number, and questions with answers of some lines each."""
    page.write("Fragebogen der Hafenbehörde", 100, 70, height=28)
    page.write(f"Nr. {page.rng.randint(100, 999)}", -100, 70)
    top = 160
    for n, question in enumerate(
        "Welche Waren? Woher kommen sie? Empfänger in Hamburg? Gewicht? "
        "Verzollt durch wen? Schäden an der Ladung?".split("? "),
        1,
    ):
        page.write(f"{n}. {question.rstrip('?')}?", 100, top, height=22)
        page.prose(140, top + PITCH, 700, 3)
        top += 190


def pesanan(page: DrawnPage, issue: int, number: int) -> None:
    """Order forms: a title, an address of the firm, fields in two columns, a foot."""
    page.write("SURAT PESANAN", centred("SURAT PESANAN", 36), 60, height=36)
    firm = "Toko Sinar Laut, Jalan Pelabuhan"
    page.write(firm, centred(firm), 120)
    for n, label in enumerate("Kepada Alamat Tanggal Jumlah Barang".split()):
        filled(page, f"{label}:", 100, 240 + 60 * n)
    for n, label in enumerate("Nomor Kota Dikirim Harga Catatan".split()):
        filled(page, f"{label}:", 560, 240 + 60 * n)
    page.write("Barang diterima dengan baik", 100, 1400)


def account_book(page: DrawnPage, issue: int, number: int) -> None:
    """Heads over rows that all differ but for a few words at their beginnings."""
    page.write("Accounts of the Harbour Office", 100, 60, head=True)
    page.write(str(issue + 3), -100, 60, head=True)
    for n in range(40):
        goods = "".join(page.rng.choices(SYLLABLES, k=3))
        start = page.rng.choice(["Paid", "Received", "Ditto", goods.title()])
        page.write(f"{start} for {goods}", 100, 130 + 32 * n)
        page.write(str(page.rng.randint(1, 400)), -100, 130 + 32 * n)


def directory(page: DrawnPage, issue: int, number: int) -> None:
    """Heads over names in the order of the alphabet: a page of one name is usual."""
    page.write("DIRECTORY OF HULL", centred("DIRECTORY OF HULL"), 60, head=True)
    for n in range(42):
        trade = "".join(page.rng.choices(SYLLABLES, k=3))
        page.write(f"Smith {trade.title()}, {trade} maker", 100, 130 + 30 * n)


SERIES: dict[str, tuple[Layout, int, int]] = {  # layout, documents, pages of each
    "weekly": (weekly, 24, 2),
    "bulletin": (bulletin, 24, 1),
    "paged book": (paged_book, 48, 1),
    "daily": (daily, 24, 1),
    "courrier": (courrier, 10, 3),
    "quarterly": (quarterly, 20, 2),
    "account book": (account_book, 30, 1),
    "directory": (directory, 20, 1),
}
HEADLESS: dict[str, tuple[Layout, int, int]] = {
    "letters": (letters, 24, 1),
    "business letters": (business_letters, 24, 1),
    "briefe": (briefe, 24, 1),
    "sections": (sections, 24, 1),
    "registration cards": (registration_cards, 24, 1),
    "fragebogen": (fragebogen, 20, 1),
    "pesanan": (pesanan, 20, 1),
}
FORMS = ("registration cards", "fragebogen", "pesanan")


@cache
def drawn_series(name: str, seed: int = 1) -> tuple[tuple[PageResult, set[int]], ...]:
    """Return the pages of a series, and which of their lines are heads."""
    return tuple(_drawn_series(name, seed))


def _drawn_series(name: str, seed: int) -> Iterator[tuple[PageResult, set[int]]]:
    layout, documents, pages = (SERIES | HEADLESS)[name]
    for issue in range(documents):
        for number in range(1, pages + 1):
            rng = random.Random(f"{seed} {name} {issue} {number}")
            page = DrawnPage(rng, shift=rng.randint(-12, 12))
            layout(page, issue, number)
            ref = PageRef(f"{name} {issue}.png", number, f"{name} {issue}")
            yield PageResult(ref, tuple(page.rows), SIZE, language="eng"), page.heads


def series_heads(pages: list[PageResult]) -> list[set[int]]:
    """Return the lines that are heads, of pages whose documents stand in order."""
    documents = [list(each) for _, each in groupby(pages, lambda page: page.ref.doc_id)]
    summaries = list(map(summary_of, documents))
    found = []
    for index, document in enumerate(documents):
        near = range(max(0, index - NEAR), min(len(summaries), index + NEAR + 1))
        series = [Neighbour(n - index, summaries[n]) for n in near if n != index]
        context = context_of(summaries[index], series)
        found += [set(context.outer_lines(page)) for page in document]
    return found
