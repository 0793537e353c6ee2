"""Pictures of the start screen: a concordance and a trend of the demo corpus.

python -m app.projects.build_pictures
"""

import base64
import io
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd
from PIL import Image

from ocr_core.corpus import Corpus
from ocr_core.corpus.hit_boxes import hit_box
from ocr_core.mining import Filter, Selection, select
from ocr_core.mining.concordance import kwic
from ocr_core.mining.trends import trends
from ocr_core.previews import strip

from ..session.project import Project
from ..session.project_library import Library
from .demo import FILE
from .sharing import take_shared

Chart = alt.LayerChart | alt.FacetChart
PICTURES = Path(__file__).with_name("pictures")
WIDTH, HEIGHT = 640, 400  # px
MARGIN = 16
FONT_SIZE = 26
QUERY = "harbour"
LINES = 4
CONTEXT = 19  # characters on either side
SAME = 10  # characters by which contexts are told apart
TREND_WORDS = ("schooner", "steamer")
BIN = 10  # years
PER_MILLION = "per million words"
COLOURS_KEPT = 128  # of a picture
COLOURS = ["#0b6e99", "#c2510c"]
DPI = 300  # of the pages of the demo corpus
STRIP_WIDTH, STRIP_HEIGHT = 420, 52  # px


def main() -> None:
    """Draw both pictures from the demo corpus."""
    with demo() as (project, corpus):
        selection = select(corpus.tokens(), Filter())
        save(concordance(project, corpus, selection), "concordance")
        save(trend(selection), "trend")


@contextmanager
def demo() -> Iterator[tuple[Project, Corpus]]:
    """Open the demo corpus in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="ocr_core_demo_") as folder:
        with FILE.open("rb") as file:
            project = take_shared(Library(Path(folder)), "demo", file)
        with closing(project), project.corpus_handle.open() as corpus:
            yield project, corpus


def save(chart: Chart, name: str) -> None:
    """Save a chart as a picture of the start screen."""
    path, file = PICTURES / f"{name}.png", io.BytesIO()
    framed = chart.properties(
        width=WIDTH,
        height=HEIGHT,
        padding=MARGIN,
        autosize=alt.AutoSizeParams(type="fit", contains="padding"),
    )
    framed.configure(background="white").configure_view(stroke=None).save(
        file, format="png"
    )
    drawn = Image.open(io.BytesIO(file.getvalue()), formats=["PNG"]).convert("RGB")
    drawn.quantize(COLOURS_KEPT, Image.Quantize.MAXCOVERAGE).save(path, optimize=True)
    sys.stdout.write(f"{path}: {path.stat().st_size:,} bytes\n")


def concordance(project: Project, corpus: Corpus, selection: Selection) -> Chart:
    """Draw lines of a concordance, each above its strip of the scan."""
    found, _ = kwic(selection, QUERY, limit=200, printed=corpus.printed_words)
    unlike = ~found["right"].str[:SAME].duplicated()  # such lines tell more
    lines = found[unlike].head(LINES).reset_index(drop=True)
    table = lines[["keyword"]].assign(
        left=[shortened(text[::-1])[::-1] for text in lines["left"]],
        right=[shortened(text) for text in lines["right"]],
        strip=[scan_of(project, corpus, line) for line in lines.itertuples()],
    )
    base = alt.Chart(table.reset_index()).encode(y=alt.Y("index:O", axis=None))
    text: dict[str, Any] = {"fontSize": FONT_SIZE, "clip": True, "dy": -26}
    half = WIDTH // 2 - MARGIN
    gap = 14 * len(QUERY) // 2 + 12
    return alt.layer(
        base.mark_text(align="right", x=half - gap, **text).encode(
            text=alt.Text("left:N")
        ),
        base.mark_text(x=half, fontWeight="bold", color=COLOURS[0], **text).encode(
            text=alt.Text("keyword:N")
        ),
        base.mark_text(align="left", x=half + gap, **text).encode(
            text=alt.Text("right:N")
        ),
        base.mark_image(
            x=half, yOffset=22, width=STRIP_WIDTH, height=STRIP_HEIGHT
        ).encode(url=alt.Url("strip:N")),
    )


def shortened(text: str) -> str:
    """Return the first words of a text that fit beside the word."""
    return textwrap.shorten(text, CONTEXT, placeholder="")


def scan_of(project: Project, corpus: Corpus, line: Any) -> str:
    """Return the strip of the scan around a hit, as a data URL."""
    word, last = int(line.word_index), int(line.last_word_index)
    page = corpus.page(line.doc_id, int(line.page_num))
    boxes = hit_box(corpus, line.doc_id, int(line.page_num), word, last=last)
    ref = project.corpus_handle.found(page, project.documents.scans)
    assert ref
    jpeg = strip(ref, DPI, tuple(boxes.words))
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"


def trend(selection: Selection) -> Chart:
    """Draw how often two words occur over the years, each named at its line."""
    table = trends(selection, list(TREND_WORDS), "year", bin_width=BIN)
    table = table.assign(year=pd.to_numeric(table["value"].str[:4]))
    axis: dict[str, Any] = {
        "labelFontSize": 22,
        "titleFontSize": 22,
        "grid": False,
        "tickCount": 4,
    }
    base = alt.Chart(table).encode(
        x=alt.X("year:Q", title=None, axis=alt.Axis(format="d", **axis)).scale(
            zero=False
        ),
        y=alt.Y("per_million:Q", title=PER_MILLION, axis=alt.Axis(**axis)),
        color=alt.Color("term:N", legend=None).scale(
            domain=list(TREND_WORDS), range=COLOURS
        ),
    )
    dashes = alt.StrokeDash("term:N", legend=None)
    bold: dict[str, Any] = {"fontSize": FONT_SIZE, "fontWeight": "bold"}
    named = base.transform_filter("datum.year == 1910").encode(text=alt.Text("term:N"))
    return alt.layer(
        base.mark_errorband(opacity=0.18).encode(
            y=alt.Y("low:Q", title=PER_MILLION), y2=alt.Y2("high:Q")
        ),
        base.mark_line(strokeWidth=5).encode(strokeDash=dashes),
        base.mark_point(size=120, filled=True, opacity=1),
        named.mark_text(align="left", dx=10, dy=-24, **bold),
    )


if __name__ == "__main__":
    main()
