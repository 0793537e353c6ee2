"""Corpus: OCR results in one SQLite file, which can be copied and opened anywhere.

A document has pages. A page has readings, one for each file content, recipe and
engine. The current reading is the one that is listed, searched and exported. Each page
is saved in its own transaction, so that a killed program loses no saved page.
"""

from ocr_core.corpus.checked_pages import (
    certain_texts,
    checked_pages,
    confirm_page,
    documents_of,
    read_qualities,
    unconfirm_page,
)
from ocr_core.corpus.corrections import (
    Correction,
    PendingResult,
    accept_result,
    certain_words,
    correct_line,
    correct_word,
    corrected_pages_gone,
    find_lost_corrections,
    list_corrections,
    pending_results,
    transferred_texts,
    undo_correction,
)
from ocr_core.corpus.database import CorpusFile
from ocr_core.corpus.document_series import document_contexts
from ocr_core.corpus.documents import add_document, document_name
from ocr_core.corpus.full_text import has_full_text_index
from ocr_core.corpus.group_corrections import (
    CorrectionStep,
    Replacement,
    learnt_confusions,
    list_steps,
    refuse_forms,
    refused_forms,
    replace_forms,
    suspicious_groups,
    undo_step,
)
from ocr_core.corpus.marks import Mark, all_marks, mark_words, undo_marks
from ocr_core.corpus.metadata import all_metadata, set_metadata
from ocr_core.corpus.misread_forms import all_misread_forms, confirm_misread_forms
from ocr_core.corpus.page_leases import claim_page, release_run
from ocr_core.corpus.parts import (
    all_parts,
    delete_part,
    one_part,
    rename_part,
    save_part,
)
from ocr_core.corpus.pins import all_pins, pin_table, unpin
from ocr_core.corpus.queries import (
    ORDERS,
    Row,
    count_pages,
    document_languages,
    list_languages,
    list_pages,
    scan_paths,
)
from ocr_core.corpus.removal import (
    pages_left_out,
    remove_pages,
    removed_pages,
    restore_pages,
)
from ocr_core.corpus.results import (
    StoredResult,
    all_results,
    current_result,
    list_results,
    original_indexes,
    original_result,
    printed_words,
    stored_result,
)
from ocr_core.corpus.saving import existing_results, save_result
from ocr_core.corpus.search import Hit, search_pages
from ocr_core.corpus.stop_lists import all_stop_lists, save_stop_list
from ocr_core.corpus.token_index import (
    content_stamp,
    count_behind,
    index_documents,
    load_tokens,
    update_index,
)

__all__ = [
    "ORDERS",
    "Corpus",
    "Correction",
    "CorrectionStep",
    "Hit",
    "Mark",
    "PendingResult",
    "Replacement",
    "Row",
    "StoredResult",
]


class Corpus(CorpusFile):
    """An open corpus: saves pages as they are read, and returns them in order.

    Each method is a function of another module that takes the open file.
    """

    # Save documents and pages.
    add_document = add_document
    document_name = document_name
    existing_results = existing_results
    save_result = save_result
    claim = claim_page
    release = release_run
    # Return pages.
    results = all_results
    document_contexts = document_contexts
    page = current_result
    original = original_result
    original_indexes = original_indexes
    printed_words = printed_words
    reading = stored_result
    readings = list_results
    # List pages.
    rows = list_pages
    counts = count_pages
    scans = scan_paths
    documents_of = documents_of
    languages = list_languages
    document_languages = document_languages
    # Correct words, and choose the current reading.
    correct = correct_word
    correct_line = correct_line
    certain_words = certain_words
    certain_texts = certain_texts
    confirm_page = confirm_page
    unconfirm_page = unconfirm_page
    checked = checked_pages
    read_qualities = read_qualities
    undo = undo_correction
    corrections = list_corrections
    lost_corrections = find_lost_corrections
    transferred_texts = transferred_texts
    accept = accept_result
    pending_results = pending_results
    corrected_pages_gone = corrected_pages_gone
    # Correct a form at many places in one step.
    suspicious_groups = suspicious_groups
    confusions = learnt_confusions
    replace_forms = replace_forms
    correction_steps = list_steps
    undo_step = undo_step
    refuse_forms = refuse_forms
    refused_forms = refused_forms
    # Remove and restore pages.
    remove = remove_pages
    restore = restore_pages
    removed = removed_pages
    pages_left_out = pages_left_out
    # Data that people add: metadata, stop words, misread forms.
    metadata = all_metadata
    set_metadata = set_metadata
    stop_lists = all_stop_lists
    set_stop_list = save_stop_list
    misread_forms = all_misread_forms
    confirm_misread = confirm_misread_forms
    # Label lines of concordances.
    mark = mark_words
    undo_marks = undo_marks
    marks = all_marks
    # Keep filters under a name.
    parts = all_parts
    part = one_part
    save_part = save_part
    rename_part = rename_part
    delete_part = delete_part
    # Keep tables for the report.
    pin = pin_table
    unpin = unpin
    pins = all_pins
    # Tokenise and search.
    tokens = load_tokens
    update_index = update_index
    index_documents = index_documents
    content_stamp = content_stamp
    count_behind = count_behind
    search = search_pages
    full_text = property(has_full_text_index)

    def close(self) -> None:
        """End the run of this corpus, and close the file."""
        self.release()
        super().close()
