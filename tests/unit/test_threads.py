"""Pages may be recognised from several threads of one process at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image, ImageDraw, ImageFont

from ocr_core import Settings, open_document, recognize_page
from ocr_core.engines import installed_engines

THREADS = 8
ROUNDS = 3  # nine pages: all threads have one at the same time
TEXTS = ("The harbour lay still", "Seven ships set sail", "Corn was dear in May")


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    for number, text in enumerate(TEXTS):
        image = Image.new("L", (700, 160), 255)
        font = ImageFont.load_default(48)
        ImageDraw.Draw(image).text((40, 40), text, 0, font)
        image.save(folder / f"{number}.png")
    return [page for path in sorted(folder.iterdir()) for page in open_document(path)]


@pytest.mark.large
@pytest.mark.parametrize("engine", installed_engines())
def test_pages_read_in_eight_threads_give_the_words_of_one(engine, pages):
    settings = Settings.from_flat({"engine": engine})
    alone = [recognize_page(page, settings).rows for page in pages]

    with ThreadPoolExecutor(THREADS) as threads:
        together = threads.map(
            lambda page: recognize_page(page, settings).rows, pages * ROUNDS
        )

    assert [" ".join(row.text for row in rows) for rows in alone] == list(TEXTS)
    assert list(together) == alone * ROUNDS
