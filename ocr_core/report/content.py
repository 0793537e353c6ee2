"""Content of a report: its sections, each with text, a table and perhaps a figure."""

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ocr_core.corpus import Corpus, CorrectionStep
from ocr_core.corpus.pins import Chart, Pin
from ocr_core.mining import Filter, Selection, select
from ocr_core.mining.account import account
from ocr_core.mining.conditions import number_of
from ocr_core.mining.frequency import word_list
from ocr_core.mining.reliability import (
    MAX_PARTS,
    MIN_DOCUMENTS,
    groups_differ,
    measure_reliability,
)
from ocr_core.mining.trends import trends
from ocr_core.page import PageResult
from ocr_core.settings import Settings
from ocr_core.text.cleaning import clean
from ocr_core.version import ocr_core_version

if TYPE_CHECKING:
    import pandas as pd

    from ocr_core.evaluation.audit import AuditLine

DATA = "data"  # folder of the tables
COMMONEST = 30  # words listed
TREND_WORDS = 5
MIN_VALUES = 3  # of a column over which trends are shown
MAX_VALUES = 200
BANDS = 20  # of quality
WORST = 10  # documents listed
# What the notebook reads first. Cells named NA or None are texts.
LOAD = """\
import pandas as pd

def load(name):
    texts, gaps = {"doc_id": str, "term": str}, {"quality": "", "conf_mean": ""}
    path = f"data/{name}.csv"
    return pd.read_csv(path, keep_default_na=False, na_values=gaps, dtype=texts)

pages, documents, counts = load("pages"), load("documents"), load("counts")"""

MEANS = 'means = pages.groupby("doc_id")["quality"].mean().dropna()\n'


class Figure(NamedTuple):
    """A figure of a table, with the name of its file."""

    name: str
    chart: Chart


@dataclass(frozen=True, eq=False)
class Section:
    """A part of the report.

    Parameters
    ----------
    text
        Paragraphs.
    table
        Shown below them.
    figure
        The figure of the table.
    code
        Python that makes the same `table` of the exported data.
    """

    title: str
    text: Sequence[str] = ()
    table: "pd.DataFrame | None" = None
    figure: Figure | None = None
    code: str = ""


@dataclass(eq=False)
class CorpusFacts:
    """What the sections are made of.

    `pages` has a row for each page, `recipes` the settings by digest, `changes` the
    number of changes that cleaning would make, by kind.
    """

    selection: Selection
    pages: list[dict[str, Any]] = field(default_factory=list)
    recipes: dict[str, dict[str, Any]] = field(default_factory=dict)
    changes: Counter[str] = field(default_factory=Counter)
    corrected: int = 0
    steps: Sequence[CorrectionStep] = ()
    pins: Sequence[Pin] = ()

    @property
    def data(self) -> "Iterator[tuple[str, pd.DataFrame]]":
        """Yield the tables that the notebook reads, with their names."""
        import pandas as pd

        yield "pages", pd.DataFrame(self.pages)
        yield "documents", self.documents
        yield "counts", self.counts
        for number, pin in enumerate(self.pins, 1):
            yield pinned_name(number), pin.table

    @property
    def documents(self) -> "pd.DataFrame":
        """A row for each document: its running words and metadata."""
        import pandas as pd

        selection = self.selection
        known = selection.tokens.metadata
        return pd.DataFrame(
            {
                "doc_id": selection.documents,
                "running_words": selection.running_by_document,
                **{
                    name if name not in ("doc_id", "running_words") else f"{name}_": (
                        selection.metadata_of_documents(name)
                    )
                    for name in known
                },
            }
        )

    @property
    def counts(self) -> "pd.DataFrame":
        """A row for each word of a document with its count."""
        import pandas as pd

        matrix = self.selection.by_document.tocoo()
        terms, documents = matrix.coords
        names = np.array(self.selection.documents, object)
        words = np.array(self.selection.vocabulary, object)
        return pd.DataFrame(
            {"doc_id": names[documents], "term": words[terms], "count": matrix.data}
        ).sort_values(["doc_id", "term"], ignore_index=True)


def gathered(corpus: Corpus, wanted: Filter) -> CorpusFacts:
    """Read the whole corpus once."""
    facts = CorpusFacts(
        select(corpus.tokens(), wanted),
        corrected=len(corpus.corrections()),
        steps=corpus.correction_steps(),
        pins=corpus.pins(),
    )
    context_of = corpus.document_contexts()
    for doc_id, group in groupby(corpus.results(), key=lambda page: page.ref.doc_id):
        pages = list(group)
        facts.pages += map(page_facts, pages)
        for page in pages:
            facts.recipes.setdefault(page.settings_digest, page.settings)
        read = [page for page in pages if page.status != "failed"]
        for cleaned in clean(read, "suggest", context_of(doc_id)):
            facts.changes.update(change.kind for change in cleaned.changes)
    return facts


def page_facts(page: PageResult) -> dict[str, Any]:
    """Return the row of a page."""
    return {
        "doc_id": page.ref.doc_id,
        "page_num": page.ref.number,
        "status": page.status,
        "lang": page.language,
        "n_words": len(page.rows),
        "conf_mean": page.conf_mean,
        "quality": page.quality,
        "engine": page.engine,
        "language_data": page.language_data,
        "settings_digest": page.settings_digest,
    }


def sections(facts: CorpusFacts, audit: "Sequence[AuditLine]") -> list[Section]:
    """Return the sections of the report."""
    found = [
        corpus_section(facts),
        recipe_section(facts),
        error_section(audit),
        quality_section(facts),
        worst_section(facts),
        *metadata_sections(facts),
        correction_section(facts),
        cleaning_section(facts),
        word_section(facts),
    ]
    column = time_column(facts.selection)
    if column:
        found.append(trend_section(facts, column))
    found += itertools.starmap(pinned_section, enumerate(facts.pins, 1))
    return [*found, method_section(facts)]


def corpus_section(facts: CorpusFacts) -> Section:
    """Say what the corpus holds."""
    import pandas as pd

    pages = pd.DataFrame(facts.pages)
    rows = [
        ("documents", pages["doc_id"].nunique()),
        ("pages", len(pages)),
        *((f"pages: {name}", n) for name, n in Counter(pages["status"]).items()),
        ("words", int(pages["n_words"].sum())),
        *(
            (f"pages in {name}" if name else "pages without a language", n)
            for name, n in Counter(pages["lang"]).items()
        ),
    ]
    return Section(
        "Corpus",
        table=pd.DataFrame(rows, columns=["what", "number"]),
        code=(
            'table = pd.concat([pd.Series({"documents": pages["doc_id"].nunique(), '
            '"pages": len(pages), "words": pages["n_words"].sum()}), '
            'pages["status"].value_counts(), pages["lang"].value_counts()])'
        ),
    )


def recipe_section(facts: CorpusFacts) -> Section:
    """Say with which engines and settings the pages were read."""
    import pandas as pd

    usual = Settings().flat()
    groups = Counter(
        (page["settings_digest"], page["engine"], page["language_data"])
        for page in facts.pages
    )
    rows = []
    for (digest, engine, data), count in groups.items():
        changed = {
            name: value
            for name, value in facts.recipes[digest].items()
            if usual.get(name) != value
        }
        said = ", ".join(f"{name}={value}" for name, value in changed.items())
        rows.append((engine, data, digest, said or "defaults", count))
    columns = ["engine", "language_data", "settings_digest", "settings", "pages"]
    return Section(
        "Engines and recipes",
        ["Settings that differ from the defaults, and a digest of all of them."],
        pd.DataFrame(rows, columns=columns),
        code=(
            'table = pages.groupby(["engine", "language_data", "settings_digest"])'
            '.size().reset_index(name="pages")'
        ),
    )


def error_section(audit: "Sequence[AuditLine]") -> Section:
    """Give the error rate of the corpus, if it was audited."""
    from ocr_core.evaluation.audit import audit_result

    if not audit:
        return Section(
            "Errors",
            [
                "The corpus was not audited: its error rate is unknown. An audit of "
                "60 lines estimates it: ocr-core audit CORPUS --sheet sheet.csv"
            ],
        )
    result = audit_result(audit)
    text = [str(result.sentence)]
    if result.wer.value is not None and result.wer.low is not None:
        low, high = result.wer.low, result.wer.high or 0.0
        text.append(
            f"Word error rate: {100 * result.wer.value:.2f} % "
            f"(95 % interval {100 * low:.2f} % to {100 * high:.2f} %)."
        )
    return Section("Errors", text)


def quality_section(facts: CorpusFacts) -> Section:
    """Show how the estimated quality is spread over the documents."""
    found = measure_reliability(facts.selection)
    band = document_qualities(facts) * BANDS // 1 / BANDS
    counted = band.map("{:.2f}".format).value_counts().sort_index()
    median = "unknown" if found.quality is None else f"{found.quality:.2f}"
    return Section(
        "Quality",
        [
            "Quality is the estimated share of a page that was read correctly, 0 to 1. "
            f"The median of the pages is {median}; {100 * found.unrated:.0f} % of the "
            f"pages have none. {100 * found.share_low_conf:.1f} % of the tokens have a "
            f"confidence under {found.conf_threshold:g}.",
            f"Documents by mean quality, in steps of {1 / BANDS:g}.",
        ],
        counted.rename("documents").reset_index(),
        Figure("quality", Chart("bar", "quality", "documents")),
        code=(
            f'{MEANS}band = (means * {BANDS} // 1 / {BANDS}).map("{{:.2f}}".format)\n'
            "counted = band.value_counts().sort_index()\n"
            'table = counted.rename("documents").reset_index()'
        ),
    )


def worst_section(facts: CorpusFacts) -> Section:
    """List the documents that were read worst."""
    worst = document_qualities(facts).sort_values().head(WORST)
    return Section(
        "Documents of the lowest quality",
        table=worst.round(3).reset_index(),
        code=(
            f"{MEANS}table = means.sort_values().head({WORST}).round(3).reset_index()"
        ),
    )


def document_qualities(facts: CorpusFacts) -> "pd.Series[float]":
    """Return the mean quality of each document that has one."""
    import pandas as pd

    pages = pd.DataFrame(facts.pages)
    pages["quality"] = pages["quality"].astype(float)
    return pages.groupby("doc_id")["quality"].mean().dropna()


def metadata_sections(facts: CorpusFacts) -> Iterator[Section]:
    """Yield for each column of metadata how well its values were read."""
    for column in facts.selection.tokens.metadata:
        found = groups_differ(facts.selection, column)
        parts = found.parts
        if not 2 <= len(parts) <= MAX_PARTS or parts["rated"].max() < 2:
            continue
        said = found.warning or (
            "No difference in quality that matters was found."
            if found.tested
            else f"Too few documents for a test: it needs {MIN_DOCUMENTS} in each part."
        )
        yield Section(f"Quality by {column}", [said], parts.round(3))


def correction_section(facts: CorpusFacts) -> Section:
    """Say what was corrected."""
    import pandas as pd

    steps = [(each.made, each.title, each.words) for each in facts.steps]
    table = pd.DataFrame(steps, columns=["time", "groups", "corrections"])
    together = sum(each.words for each in facts.steps)
    return Section(
        "Corrections",
        [
            f"{facts.corrected:,} words are corrected, {together:,} of them together "
            "with other places of the same form."
        ],
        table if steps else None,
    )


def cleaning_section(facts: CorpusFacts) -> Section:
    """Say what cleaning changes in exported texts."""
    import pandas as pd

    rows = sorted(facts.changes.items(), key=lambda each: -each[1])
    return Section(
        "Cleaning",
        [
            "Changes that an export with --clean on makes, by kind; the text as it was "
            "read stays beside it. Counts leave out the same running heads and page "
            "numbers, and join the same broken words."
        ],
        pd.DataFrame(rows, columns=["kind", "changes"]) if rows else None,
    )


def word_section(facts: CorpusFacts) -> Section:
    """List the commonest words."""
    selection = facts.selection
    table = word_list(selection, limit=COMMONEST)
    table = table[["term", "count", "documents"]]
    mixed = selection.mixed_languages
    text = [f"Filter: {selection.filter.described()}."]
    if mixed:
        text.append(f"Words of several languages: {', '.join(mixed)}.")
    return Section(
        "Commonest words",
        text,
        table,
        Figure("words", Chart("bar", "count", "term")),
        code=(
            'table = counts.groupby("term").agg(count=("count", "sum"), '
            'documents=("doc_id", "nunique")).reset_index()\n'
            'table = table.sort_values(["count", "term"], ascending=[False, True])'
            f".head({COMMONEST}).reset_index(drop=True)"
        ),
    )


def time_column(selection: Selection) -> str:
    """Return the column of metadata that is most like a time; "" if none is."""
    best = ""
    for column in selection.tokens.metadata:
        values = {*selection.metadata_of_documents(column)} - {""}
        numbers = [number_of(value) for value in values]
        if MIN_VALUES <= len(values) <= MAX_VALUES and not np.isnan(numbers).any():
            best = column if not best or column.lower() in ("year", "date") else best
    return best


def trend_section(facts: CorpusFacts, column: str) -> Section:
    """Show how the frequencies of the commonest words change."""
    selection = facts.selection
    terms = word_list(selection, limit=TREND_WORDS)["term"].tolist()
    table = trends(selection, terms, column)
    table = table[["value", "term", "count", "per_million"]]
    return Section(
        f"Trends by {column}",
        [f"Occurrences per million running words, by {column}."],
        table.round({"per_million": 2}),
        Figure("trends", Chart("line", "value", "per_million", "term")),
        code=(
            f"known = documents[documents[{column!r}].astype(str) != '']\n"
            f'running = known.groupby({column!r})["running_words"].sum()\n'
            f"found = counts.merge(known, on='doc_id')\n"
            f"terms = {terms!r}\n"
            f"found = found[found['term'].isin(terms)].groupby([{column!r}, 'term'])"
            "['count'].sum()\n"
            "found = found.unstack(fill_value=0).reindex(index=running.index, "
            "columns=terms, fill_value=0)\n"
            "table = found.stack().rename('count').reset_index()\n"
            "table.columns = ['value', 'term', 'count']\n"
            "table['per_million'] = (1e6 * table['count'] / "
            "table['value'].map(running)).round(2)"
        ),
    )


def pinned_name(number: int) -> str:
    """Return the name of the files of a pinned table, by its place in the report."""
    return f"pinned_{number}"


def pinned_section(number: int, pin: Pin) -> Section:
    """Show a table that was pinned, and its figure."""
    name, text = (
        pinned_name(number),
        pin.table.select_dtypes(exclude=["number", "bool"]).columns,
    )
    gaps = {each: [""] for each in pin.table.columns if each not in text}
    return Section(
        pin.name,
        [pin.how, f"Pinned {pin.made[:16].replace('T', ' ')} UTC."],
        pin.table,
        Figure(name, pin.chart) if pin.chart else None,
        code=(
            f"table = pd.read_csv('{DATA}/{name}.csv', keep_default_na=False, "
            f"na_values={gaps!r}, dtype={dict.fromkeys(text, str)!r})"
        ).replace("<class 'str'>", "str"),
    )


def method_section(facts: CorpusFacts) -> Section:
    """Say how everything was counted."""
    return Section(
        "How this was made",
        [
            account(facts.selection, "terms", ["term", "count"]),
            "The tables in data/ hold what the figures are made of; report.ipynb makes "
            f"them anew. Report by ocr-core {ocr_core_version()}.",
        ],
    )
