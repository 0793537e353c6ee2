"""Session: its documents and pictures, which no other session sees."""

from app.session.image_cache import PICTURES, PictureStore
from app.session.session import Session
from ocr_core.settings import Settings
from tests.support.app_pages import png


def test_a_session_sees_nothing_of_another(session):
    other = Session()
    try:
        upload = session.add("a", "page.png", png())
        twin = other.add("a", "page.png", png())
        settings = Settings()

        mine, theirs = (
            each.pictures.scan(each.refs()["a"], settings.recognition.dpi)
            for each in (session, other)
        )

        assert (upload.pages, twin.pages) == (1, 1)
        assert upload.path != twin.path
        assert mine.url != theirs.url
    finally:
        other.close()


def test_a_document_is_kept_once(session):
    first = session.add("a", "page.png", png())

    assert session.add("a", "page.png", png()) is first
    assert list(session.uploads) == ["a"]


def test_documents_of_one_name_get_names_of_their_own(session):
    session.add("a", "page.png", png())
    session.add("b", "page.png", png())

    names = [ref.doc_id for ref in session.refs().values()]

    assert names == ["page", "page_2"]


def test_more_bytes_than_a_session_may_hold_are_refused(session, monkeypatch):
    monkeypatch.setattr("app.session.project_documents.MAX_PROJECT_BYTES", 2_000_000)

    upload = session.add("a", "large.png", bytes(3_000_000))
    after = session.add("b", "small.png", png())

    assert upload.error.startswith(
        "large.png would bring this project to more than 2 MB."
    )
    assert not upload.path.exists()
    assert (after.error, after.pages) == ("", 1)


def test_a_document_that_is_removed_leaves_no_bytes(session):
    upload = session.add("a", "page.png", png())
    assert upload.path.exists()

    session.remove("a")
    session.remove("a")  # a second click finds nothing left to do

    assert not upload.path.exists()
    assert not session.uploads


def test_a_session_that_is_closed_leaves_no_folder_and_no_picture():
    session = Session()
    session.add("a", "page.png", png())
    shown = session.pictures.scan(session.refs()["a"], 300)
    name = shown.url.split("/")[-1].removesuffix(".jpg")
    assert PICTURES.get(name).startswith(b"\xff\xd8")

    session.close()

    assert not session.folder.exists()
    assert PICTURES.get(name) is None


def test_pictures_are_named_so_that_nobody_can_guess_them(session):
    session.add("a", "page.png", png())
    ref = session.refs()["a"]

    scan, prepared = (
        session.pictures.scan(ref, 300),
        session.pictures.prepared(ref, Settings()),
    )

    assert scan.url != prepared.url
    assert session.pictures.scan(ref, 300) is scan
    for shown in (scan, prepared):
        folder, _, file = shown.url.rpartition("/")
        assert folder == "/page"
        assert len(file) == len("0" * 40 + ".jpg")


def test_the_picture_store_drops_what_was_asked_for_longest_ago():
    store = PictureStore(most=10)
    store.put("a", b"1234")
    store.put("b", b"1234")
    store.get("a")

    store.put("c", b"1234")

    assert store.get("b") is None
    assert (store.get("a"), store.get("c")) == (b"1234", b"1234")


def test_the_picture_store_keeps_the_newest_however_large():
    store = PictureStore(most=10)
    store.put("a", b"1")

    store.put("b", bytes(20))

    assert store.get("a") is None
    assert store.get("b") == bytes(20)
    store.drop(["b", "unknown"])
    assert store.get("b") is None
