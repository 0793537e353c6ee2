"""Missing scans: which files to open when pages have no image."""

from collections.abc import Iterable
from functools import partial

import streamlit as st

from ocr_core.corpus import Corpus
from ocr_core.errors import OcrError

from ..i18n import gettext
from ..session.corpus_handle import CorpusHandle
from ..ui.widgets import plain

MAX_NAMES = 5


def say_missing_scans(
    corpus_handle: CorpusHandle, pages: Iterable[tuple[str, int]]
) -> None:
    """List the files to open for corpus pages that have no image."""
    names = set()
    for doc_id, number in set(pages):
        try:
            page = corpus_handle.ask(
                partial(Corpus.page, doc_id=doc_id, page_num=number)
            )
        except OcrError:
            continue
        names.add(page.ref.source_file)
    if names:
        shown = sorted(map(plain, names))[:MAX_NAMES]
        st.caption(
            gettext(
                "Pictures are missing, because the scans are not here. Open {names} "
                "in the workbench to see them: they are recognized by their content.",
                names=", ".join(shown) + (" …" if len(names) > MAX_NAMES else ""),
            )
        )
