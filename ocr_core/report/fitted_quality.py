"""Fitted quality: what the checked pages say about the quality of all documents."""

from typing import TYPE_CHECKING

from ocr_core.evaluation.recalibration import LEAST, Recalibration
from ocr_core.report.content import WORST, CorpusFacts, Section

if TYPE_CHECKING:
    import pandas as pd


def fitted_section(facts: CorpusFacts, fit: Recalibration) -> Section:
    """Say how quality errs in this corpus, and show the documents read worst."""
    text = [
        f"People checked {fit.characters:,} characters on {fit.pages} pages. There "
        f"the mean absolute error of quality is {fit.error_before:.3f}; fitted to the "
        "other checked pages (logistic recalibration, Cox 1958), it is "
        f"{fit.error_after:.3f}."
    ]
    if not fit.helps:
        return Section(
            "Fitted quality", [*text, "The fit is no better: quality is used as it is."]
        )
    return Section(
        "Fitted quality",
        [*text, "The documents with the lowest fitted quality:"],
        fitted_documents(facts, fit),
        code=(
            "import numpy as np\n"
            f'quality = pages["quality"].dropna().clip({LEAST}, {1 - LEAST})\n'
            "odds = np.log(quality / (1 - quality))\n"
            f"pages['fitted'] = 1 / (1 + np.exp(-({fit.intercept!r} + "
            f"{fit.slope!r} * odds)))\n"
            'table = pages.dropna(subset=["fitted"]).groupby("doc_id")'
            '[["quality", "fitted"]].mean()\n'
            f'table = table.sort_values("fitted").head({WORST}).round(3).reset_index()'
        ),
    )


def fitted_documents(facts: CorpusFacts, fit: Recalibration) -> "pd.DataFrame":
    """Return the documents of the lowest fitted quality, the mean of their pages."""
    import pandas as pd

    pages = pd.DataFrame(facts.pages)
    pages["quality"] = pages["quality"].astype(float)
    pages = pages.dropna(subset=["quality"])
    pages["fitted"] = fit.applied(pages["quality"].to_numpy())
    means = pages.groupby("doc_id")[["quality", "fitted"]].mean()
    return means.sort_values("fitted").head(WORST).round(3).reset_index()
