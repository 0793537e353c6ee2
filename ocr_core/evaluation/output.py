"""Output of an evaluation: CSV tables, JSON, text and an HTML page."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from ocr_core.evaluation.intervals import Estimate
from ocr_core.evaluation.scoring import (
    Confusions,
    PageScore,
    Summary,
    all_confusions,
    summaries_by,
    summary,
)
from ocr_core.text.evaluate import Normalization, aligned, characters_of, normalize
from ocr_core.version import ocr_core_version

NAMES = {
    "cer": "CER",
    "wer": "WER",
    "bag_f1": "bag-of-words F1",
    "order_free_cer": "CER, any order of lines",
}
MAX_CONFUSIONS = 100  # in the HTML page
STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
h2, h3 { break-after: avoid; }
tr, figure { break-inside: avoid; }
td, th { padding: 0.2rem 0.8rem; text-align: left; border-bottom: 1px solid #8884; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
pre { white-space: pre-wrap; }
p { overflow-wrap: anywhere; }
del { background: light-dark(#ffd7d5, #67060c); }
ins { background: light-dark(#d3f0d5, #0a4a1f); }
"""


@dataclass(frozen=True)
class Evaluation:
    """Scores of pages against ground truth, with the rules of comparison.

    `metadata` holds, for each column, the values of documents by doc_id.
    """

    scores: Sequence[PageScore]
    rules: Normalization
    settings_digest: str = ""
    metadata: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def summary(self) -> Summary:
        """The summary of all pages."""
        return summary(self.scores)

    @property
    def by_language(self) -> dict[str, Summary]:
        """A summary for each language setting."""
        return summaries_by(self.scores, lambda each: each.language)

    @property
    def by_metadata(self) -> dict[str, dict[str, Summary]]:
        """For each column of metadata, a summary for each of its values."""
        return {column: self._by(values) for column, values in self.metadata.items()}

    def _by(self, values: Mapping[str, str]) -> dict[str, Summary]:
        known = [each for each in self.scores if values.get(each.doc_id)]
        return summaries_by(known, lambda each: values[each.doc_id])

    @property
    def confusions(self) -> Confusions:
        """The confusions of all pages."""
        return all_confusions(self.scores, self.rules)


def as_csv(rows: Sequence[dict[str, Any]]) -> str:
    """Return rows as a CSV table."""
    if not rows:
        return ""
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, list(rows[0]), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


def confusion_rows(found: Confusions) -> list[dict[str, Any]]:
    """Return the confusions as rows, the most frequent first."""
    ranked = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    return [
        {"truth": truth, "read": read, "count": count}
        for (truth, read), count in ranked
    ]


def as_json(evaluation: Evaluation) -> str:
    """Return the whole evaluation as JSON."""
    content = {
        "ocr_core": ocr_core_version(),
        "settings_digest": evaluation.settings_digest,
        "normalization": evaluation.rules.model_dump(),
        "summary": evaluation.summary.as_dict(),
        "by_language": {
            name: each.as_dict() for name, each in evaluation.by_language.items()
        },
        "by_metadata": {
            column: {name: each.as_dict() for name, each in values.items()}
            for column, values in evaluation.by_metadata.items()
        },
        "pages": [each.row() for each in evaluation.scores],
        "confusions": confusion_rows(evaluation.confusions),
    }
    return json.dumps(content, indent=2, ensure_ascii=False)


def as_text(evaluation: Evaluation) -> str:
    """Return the summary as lines for a terminal."""
    found = evaluation.summary
    lines = [
        f"{found.pages} pages of {found.documents} documents, "
        f"{found.total.characters:,} characters and {found.total.words:,} words of "
        "ground truth",
        f"normalization: {evaluation.rules.described()}",
        f"95 % intervals: bootstrap of {found.resampled}",
        "",
        f"{'':24} {'all characters (micro)':26} mean of pages (macro)",
    ]
    for name, label in NAMES.items():
        micro, macro = shown(found.micro[name]), shown(found.macro[name])
        lines.append(f"{label:24} {micro:26} {macro}")
    for row in group_rows(evaluation):
        if not lines[-1].startswith(f"{row['column']}="):
            lines.append("")
        lines.append(
            f"{row['column']}={row['value']}: {row['pages']} pages, CER {row['cer']}, "
            f"WER {row['wer']}; mean of pages {row['cer_macro']} and {row['wer_macro']}"
        )
    return "\n".join(lines)


def group_rows(evaluation: Evaluation) -> list[dict[str, Any]]:
    """Return a row for each value of each column of metadata."""
    return [
        {
            "column": column,
            "value": value,
            "pages": found.pages,
            "cer": shown(found.micro["cer"]),
            "wer": shown(found.micro["wer"]),
            "cer_macro": shown(found.macro["cer"]),
            "wer_macro": shown(found.macro["wer"]),
        }
        for column, values in evaluation.by_metadata.items()
        for value, found in values.items()
    ]


def shown(estimate: Estimate, between: str = " to ") -> str:
    """Return a value and its interval, with a text between its ends, in percent."""
    if estimate.value is None:
        return "unknown"
    text = f"{100 * estimate.value:.2f} %"
    if estimate.low is None or estimate.high is None:
        return text
    return f"{text} ({100 * estimate.low:.2f}{between}{100 * estimate.high:.2f})"


def as_html(evaluation: Evaluation) -> str:
    """Return the evaluation as an HTML page without external files."""
    found = evaluation.summary
    rows = "".join(
        f"<tr><th>{escape(label)}</th><td class=number>{shown(found.micro[name])}</td>"
        f"<td class=number>{shown(found.macro[name])}</td></tr>"
        for name, label in NAMES.items()
    )
    pages = "".join(_page_section(each, evaluation.rules) for each in evaluation.scores)
    confused = confusion_rows(evaluation.confusions)[:MAX_CONFUSIONS]
    return (
        "<!doctype html><html lang=en><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width'>"
        f"<title>OCR evaluation</title><style>{STYLE}</style>"
        "<h1>OCR evaluation</h1>"
        f"<p>{found.pages} pages of {found.documents} documents, "
        f"{found.total.characters:,} characters of ground truth. 95 % intervals: "
        f"bootstrap of {found.resampled}. Normalization: "
        f"{escape(evaluation.rules.described())}.</p>"
        "<table><tr><th></th><th>all characters (micro)</th>"
        f"<th>mean of pages (macro)</th></tr>{rows}</table>"
        f"{_metadata_section(evaluation)}"
        f"<h2>Confusions</h2>{_html_table(confused)}"
        f"<h2>Pages</h2>{_html_table([each.row() for each in evaluation.scores])}"
        "<h2>Differences</h2><p><del>In the ground truth alone</del>, "
        f"<ins>read alone</ins>.</p>{pages}</html>"
    )


def _metadata_section(evaluation: Evaluation) -> str:
    rows = group_rows(evaluation)
    return f"<h2>By metadata</h2>{_html_table(rows)}" if rows else ""


def _html_table(rows: Sequence[dict[str, Any]]) -> str:
    if not rows:
        return "<p>None.</p>"
    head = "".join(f"<th>{escape(name)}</th>" for name in rows[0])
    body = "".join(
        "<tr>" + "".join(_cell(value) for value in row.values()) + "</tr>"
        for row in rows
    )
    return f"<table><tr>{head}</tr>{body}</table>"


def _cell(value: object) -> str:
    kind = " class=number" if isinstance(value, int | float) else ""
    return f"<td{kind}>{'' if value is None else escape(str(value))}</td>"


def _page_section(page: PageScore, rules: Normalization) -> str:
    number = f", page {page.page_num}" if page.page_num else ""
    return (
        f"<h3>{escape(page.doc_id)}{number}</h3>"
        f"<pre>{difference_html(page.truth, page.read, rules)}</pre>"
    )


def difference_html(truth: str, read: str, rules: Normalization) -> str:
    """Return two texts as HTML, with differences marked as deleted and inserted."""
    there = characters_of(normalize(truth, rules), rules)
    found = characters_of(normalize(read, rules), rules)
    parts = []
    for piece in aligned(there, found):
        gone = escape("".join(there[piece.start : piece.end]))
        come = escape("".join(found[piece.read_start : piece.read_end]))
        if piece.kind == "equal":
            parts.append(gone)
        else:
            parts.append(f"<del>{gone}</del>" * bool(gone))
            parts.append(f"<ins>{come}</ins>" * bool(come))
    return "".join(parts)
