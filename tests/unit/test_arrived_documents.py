"""Arrived documents: the words of a run are counted in before Explore asks for them."""

from ocr_core.corpus import Corpus
from ocr_core.documents.discovery import find_documents
from ocr_core.errors import OutputError
from ocr_core.execution import arrived_documents
from ocr_core.execution.arrived_documents import ArrivedDocuments
from ocr_core.execution.batch import read_into
from ocr_core.settings import Settings
from tests.conftest import InlinePool
from tests.support.marks import MARKS, marked_image
from tests.support.written_corpora import fill, page


def arriving(corpus, *pages):
    """Save pages as a run does, one at a time; each document has two pages."""
    for each in pages:
        fill(corpus, each)
        corpus.execute("UPDATE documents SET pages = 2")
        yield each


def test_after_a_run_no_page_is_left_to_tokenise(tmp_path, path, marks_engine):
    from PIL import Image

    scan = tmp_path / "one.png"
    Image.fromarray(marked_image(MARKS[:2])).save(scan)
    settings = Settings.from_flat({"second_opinion": "off"})

    with Corpus(path, write=True) as corpus:
        documents, _ = find_documents([scan])
        read = read_into(corpus, documents, settings, InlinePool())
        assert [each.status for each in read] == ["ok"]

        assert corpus.count_behind() == 0
        assert corpus.full_text
        assert len(corpus.tokens()) == 2


def test_a_document_is_tokenised_when_its_last_page_is_there(corpus, monkeypatch):
    monkeypatch.setattr(arrived_documents, "PAGES_AT_ONCE", 1)
    monkeypatch.setattr(arrived_documents, "RESTS", 0)
    pages = page("a", "one"), page("a", "two", 2), page("b", "three")
    behind = []

    def watched():
        for each in arriving(corpus, *pages):
            yield each
            behind.append(corpus.count_behind())  # the page was noted

    list(ArrivedDocuments(corpus).noted(watched()))

    assert behind == [1, 0, 1]


def test_the_rest_is_tokenised_at_the_end(corpus):
    arrived = ArrivedDocuments(corpus)
    list(arrived.noted(arriving(corpus, page("a", "one"))))
    assert corpus.count_behind() == 1

    arrived.tokenise()

    assert corpus.count_behind() == 0


def test_documents_of_earlier_runs_are_left_alone(corpus):
    fill(corpus, page("old", "one"))
    arrived = ArrivedDocuments(corpus)
    list(arrived.noted(arriving(corpus, page("new", "two"))))

    arrived.tokenise()

    assert corpus.count_behind() == 1


def test_a_run_goes_on_where_words_cannot_be_kept(corpus, monkeypatch):
    def full(*_, **__):
        raise OutputError("No space is left.")

    monkeypatch.setattr(Corpus, "index_documents", full)

    ArrivedDocuments(corpus).tokenise()


def test_tokens_are_those_of_tokenising_at_once(tmp_path, path, monkeypatch):
    monkeypatch.setattr(arrived_documents, "PAGES_AT_ONCE", 1)
    monkeypatch.setattr(arrived_documents, "RESTS", 0)
    pages = [
        page(
            name, f"THE NEWS\n\nthe har-\nbour of {name}{n}\n\nend", n, size=(900, 3000)
        )
        for name in "cab"
        for n in (1, 2)
    ]
    spelled = []
    for file, along in ((path, True), (tmp_path / "other.sqlite", False)):
        with Corpus(file, write=True) as corpus:
            if along:
                arrived = ArrivedDocuments(corpus)
                list(arrived.noted(arriving(corpus, *pages)))
                arrived.tokenise()
            else:
                list(arriving(corpus, *pages))
            tokens = corpus.tokens()
            spelled.append((tokens.spelled(), tokens.words().packed.tolist()))

    assert spelled[0] == spelled[1]
