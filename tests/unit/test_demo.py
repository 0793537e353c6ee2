"""The demo corpus: its planted findings are there, and it is read well."""

import csv
import re
from collections import Counter, defaultdict
from itertools import islice
from statistics import fmean

import numpy as np
import pytest
from natsort import natsorted
from PIL import Image, ImageSequence
from rapidfuzz.distance import Levenshtein

from ocr_core.corpus import Corpus
from ocr_core.corpus.metadata_table import read_columns
from ocr_core.engines.tesseract import installed_languages
from ocr_core.execution.batch import read_into
from ocr_core.mining import Filter, select
from ocr_core.page import PageRef
from ocr_core.settings import Settings
from sample_images.demo import (
    LANGUAGES,
    demo_metadata,
    demo_pages,
    main,
    page_count,
    reading_language,
    write_demo,
)
from sample_images.demo_texts import DEGRADATIONS, breaks, issues, written_page
from sample_images.demo_truth import (
    EPIDEMICS,
    MOTORS,
    PRICED,
    SAILING,
    as_printed,
    body,
    content_words,
    difference,
    planted_trends,
    proposed,
    prose,
)
from tests.support.boxes import overlap
from tests.support.drawn_series import series_heads
from tests.support.written_corpora import fill


@pytest.fixture(scope="module")
def pages():
    return list(demo_pages())


@pytest.fixture
def drawn_once(pages, monkeypatch):
    """Have the commands write pages that are drawn already."""

    def drawn(seed=0, languages=LANGUAGES):
        return (page for page in pages if page.language in languages)

    monkeypatch.setattr("sample_images.demo.demo_pages", drawn)


def counts(selection):
    return dict(zip(selection.vocabulary, selection.counts.tolist(), strict=True))


def counted(pages, words):
    return sum(
        prose(page.text).count(words[LANGUAGES.index(page.language)]) for page in pages
    )


@pytest.mark.large
def test_there_are_pages_in_four_languages_over_forty_years(pages):
    assert len(pages) == page_count() >= 60
    assert set(Counter(page.language for page in pages)) == set(LANGUAGES)
    for language in LANGUAGES:
        years = {page.year for page in pages if page.language == language}
        assert min(years) == 1890
        assert max(years) == 1929
    assert any(page.number == 3 for page in pages)  # running heads show from three on


def test_the_same_seed_draws_the_same_pages():
    once, again, other = (
        list(islice(demo_pages(seed, ["fra"]), 5)) for seed in (7, 7, 8)
    )

    for page, twin in zip(once, again, strict=True):
        assert (page.name, page.text, page.words) == (twin.name, twin.text, twin.words)
        assert page.image.tobytes() == twin.image.tobytes()
    assert [page.text for page in once] != [page.text for page in other]


def test_boxes_are_on_the_page_around_the_words_of_its_text(pages):
    for page in pages:
        assert [word.text for word in page.words] == page.text.split()
        width, height = page.image.size
        for word in page.words:
            assert 0 <= word.left < word.left + word.width <= width
            assert 0 <= word.top < word.top + word.height <= height


def test_a_box_holds_ink_and_the_paper_beside_the_text_none(pages):
    for page in pages[::9]:
        pixels = np.asarray(page.image).astype(float)
        paper = np.median(pixels)
        inside = np.zeros(pixels.shape, bool)
        for word in page.words:
            box = np.s_[
                word.top : word.top + word.height, word.left : word.left + word.width
            ]
            inside[box] = True
            # Its darkest pixels are ink, however pale the page.
            assert np.percentile(pixels[box], 5) < paper - 30, word
        assert pixels[inside].mean() < pixels[~inside].mean() - 15


def test_words_break_at_line_ends_and_nowhere_else_is_a_hyphen_last(pages):
    for language in LANGUAGES:
        texts = "".join(page.text for page in pages if page.language == language)
        broken = re.findall(r"(\w+)-\n(\w+)", texts)
        assert len(broken) >= 20
        assert texts.count("-\n") == len(broken)


@pytest.mark.parametrize(
    ("word", "language", "wanted"),
    [
        ("lighthouse,", "eng", [("light", "house,")]),
        ("Fortschritt", "deu", [("Fort", "schritt")]),
        ("maquereaux", "fra", [("maque", "reaux")]),
        ("anak-anak", "ind", []),
        ("harbour", "eng", []),
    ],
)
def test_a_word_breaks_where_a_syllable_begins(word, language, wanted):
    assert breaks(word, language) == wanted


def test_no_slot_or_choice_is_left_in_a_sentence():
    for issue in issues():
        for _, sentences in written_page(issue, 1, 1):
            assert not re.search(r"[\[\]{}|]", "".join(sentences))


def test_sails_give_way_to_motors(pages):
    early = [page for page in pages if page.year < 1900]
    late = [page for page in pages if page.year >= 1920]

    assert counted(early, SAILING) > 4 * counted(late, SAILING)
    assert counted(early, MOTORS) == 0
    assert counted(late, MOTORS) > 30


def test_the_price_of_fish_rises_in_each_language(pages):
    prices = defaultdict(list)
    for page in pages:
        late = page.year > 1915
        prices[page.language, late] += map(int, PRICED.findall(prose(page.text)))

    for language in LANGUAGES:
        assert fmean(prices[language, True]) > 1.5 * fmean(prices[language, False])


def test_nothing_appeared_in_the_war_and_influenza_is_of_one_year(pages):
    assert not {page.year for page in pages} & {1915, 1916, 1917}
    for year in {page.year for page in pages}:
        found = counted([page for page in pages if page.year == year], EPIDEMICS)
        assert (found > 4) == (year == 1918)


def test_wear_depends_on_no_language_or_time_but_on_the_group_that_is_stated():
    known = list(demo_metadata().values())
    worst = [r for r in known if r["language"] == "deu" and r["year"] <= "1900"]
    rest = [r for r in known if r not in worst]

    assert {row["degradation"] for row in worst} == {"noisy"}
    for degradation in DEGRADATIONS:
        of = [row for row in rest if row["degradation"] == degradation]
        assert 12 <= len(of) <= 20
        languages = set(LANGUAGES) - ({"deu"} if degradation == "noisy" else set())
        assert {row["language"] for row in of} == languages
        assert 1900 < fmean(int(row["year"]) for row in of) < 1918


def test_a_folder_holds_a_file_for_each_issue_and_what_is_known_of_it(
    tmp_path, pages, drawn_once
):
    calls = []

    paths = write_demo(
        tmp_path / "demo",
        languages=["ind"],
        progress=lambda done, total: calls.append((done, total)),
    )

    drawn = {page.name: page for page in pages if page.language == "ind"}
    assert [path.stem for path in paths] == list(drawn)
    assert {path.parent for path in paths} == {tmp_path / "demo" / "ind"}
    assert calls == [(n, 23) for n in range(1, 24)]
    pages = 0
    for path in paths:
        with Image.open(path) as image:
            frames = [frame.copy() for frame in ImageSequence.Iterator(image)]
        pages += len(frames)
        assert frames[-1].tobytes() == drawn[path.stem].image.tobytes()
    assert pages == 23
    columns = read_columns(tmp_path / "demo" / "metadata.csv")
    assert columns["year"] == {name: str(page.year) for name, page in drawn.items()}
    with (tmp_path / "demo" / "metadata.csv").open(encoding="utf-8") as file:
        assert next(csv.reader(file))[0] == "doc_id"


def test_the_command_says_how_to_read_what_it_drew(tmp_path, capsys, drawn_once):
    assert main([str(tmp_path), "--language", "fra"]) == 0

    said = capsys.readouterr().out
    assert said.startswith("23 pages in 21 documents.")
    assert f"ocr-core batch {tmp_path / 'fra'} --corpus demo.sqlite" in said


def test_a_language_that_is_missing_is_read_as_english():
    assert reading_language("deu", ["eng", "deu"]) == "deu"
    assert reading_language("deu", ["eng"]) == "eng"


def test_a_folder_that_cannot_be_made_is_reported(tmp_path, capsys):
    (tmp_path / "file").write_text("")

    assert main([str(tmp_path / "file"), "--language", "eng"]) == 1
    assert "file" in capsys.readouterr().err


def test_the_running_head_of_each_issue_is_found_and_no_section_head(pages):
    order = natsorted(pages, key=lambda page: page.name)

    found = series_heads([as_printed(page) for page in order])

    assert found == [{0} for _ in order]


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_counted_without_misreadings_are_those_of_the_truth(
    tmp_path, pages, language
):
    own = [page for page in pages if page.language == language]
    with Corpus(tmp_path / "demo.sqlite", write=True) as corpus:
        fill(corpus, *map(as_printed, own))
        selection = select(corpus.tokens(), Filter(stop_words="drop"))

    off, total = difference(counts(selection), content_words(map(body, own), language))

    assert total > 2000
    assert off <= 0.005 * total


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_planted_shows(pages, language):
    texts = [
        (page.year, prose(page.text)) for page in pages if page.language == language
    ]

    assert all(planted_trends(texts, language).values())


@pytest.fixture(scope="module", params=LANGUAGES)
def as_read(request, tmp_path_factory, pool, pages):
    """Four pages of a language, clean and worn, and a corpus of their readings."""
    language = request.param
    if language not in installed_languages():
        pytest.skip(f"no language data for {language}")
    worn = {
        page.metadata["degradation"]: page
        for page in pages
        if page.language == language and page.number == 1
    }
    some = [worn[kind] for kind in ("clean", "faded", "skewed", "coarse")]
    folder = tmp_path_factory.mktemp(language)
    for page in some:
        dpi = 190 * page.image.width / 900
        page.image.save(folder / f"{page.name}.png", dpi=(dpi, dpi))
    settings = Settings.from_flat({"language": language})
    with Corpus(folder / "demo.sqlite", write=True) as corpus:
        refs = [PageRef(str(folder / f"{page.name}.png"), 0) for page in some]
        for _ in read_into(corpus, refs, settings, pool):
            pass
        yield language, some, corpus


@pytest.mark.large
@pytest.mark.needs_tesseract
def test_counts_of_pages_as_read_are_off_by_one_percent_at_most(as_read):
    language, some, corpus = as_read
    true = content_words(map(body, some), language)
    selection = select(corpus.tokens(), Filter(stop_words="drop"))
    for form, word in proposed(selection, true).items():
        corpus.confirm_misread(word, [form])
    selection = select(corpus.tokens(), Filter(stop_words="drop"))

    off, total = difference(counts(selection), true)
    assert total > 250
    assert off <= 0.01 * total


@pytest.mark.large
@pytest.mark.needs_tesseract
def test_a_clean_page_of_each_language_is_read_well(as_read):
    _, [page, *_], corpus = as_read
    result = corpus.original(page.name, 1)

    read, truth = " ".join(result.text.split()), " ".join(page.text.split())
    assert Levenshtein.distance(read, truth) / len(truth) <= 0.02
    boxes = {
        text: [word for word in page.words if word.text == text]
        for text in {word.text for word in page.words}
    }
    found = [
        max(overlap(word, box) for box in boxes[word.text])
        for word in result.rows
        if len(word.text) > 3 and word.text in boxes
    ]
    assert len(found) > 60
    assert fmean(share >= 0.7 for share in found) >= 0.95
