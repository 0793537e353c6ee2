"""Uploads: refused files stay on the list, and settings outlive a change of the
screen."""

from types import SimpleNamespace

import pytest

from app.workbench import uploads
from tests.support.app_driver import changes, give, knob, shown_text, upload
from tests.support.app_pages import png, scanned_pdf

pytestmark = pytest.mark.timeout(240)
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200)


def refused(app):
    """Return the names of the files that are listed as not opened."""
    return [
        each.key.removeprefix("dismiss ")
        for each in app.button
        if each.key.startswith("dismiss ")
    ]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("IMG_0001.HEIC", HEIC),
        ("notes.docx", b"PK\x03\x04" + bytes(100)),
        ("torn.pdf", b"%PDF-1.7\n"),
        ("empty.png", b""),
    ],
)
def test_a_file_refused_beside_a_good_one_stays_with_its_reason(app, name, content):
    give(app, {"good.png": png(""), name: content})

    assert app.selectbox(key="document").value
    assert "Not opened: 1" in shown_text(app)
    assert name.replace(".", "\\.").replace("_", "\\_") in shown_text(app)
    app.run()
    assert "Not opened: 1" in shown_text(app)

    app.switch_page("views/batch.py").run()
    assert "Not opened: 1" in shown_text(app)
    app.switch_page("views/workbench.py").run()

    [key] = refused(app)
    app.button(key=f"dismiss {key}").click().run()

    assert "Not opened" not in shown_text(app)
    assert len(app.session_state.session.uploads) == 1


def test_many_refused_files_are_dismissed_at_once(app):
    give(app, {"good.png": png("")} | {f"{n}.heic": HEIC for n in range(6)})
    assert len(refused(app)) == 6

    app.button(key="dismiss_all").click().run()

    assert refused(app) == []
    assert len(app.session_state.session.uploads) == 1


def test_a_file_that_the_browser_did_not_send_stays_with_its_reason(app):
    from ocr_core.errors import LimitError

    upload(app, good__png=png(""))
    error = LimitError("film.tif is larger than 50 MB.")
    app.session_state.session.refuse("large", "film.tif", error)
    app.run()

    assert refused(app) == ["large"]
    assert "larger than 50 MB" in shown_text(app)


def test_a_preset_a_page_and_a_document_outlive_a_change_of_screen(app):
    upload(app, one__png=png(""), two__pdf=scanned_pdf("", "", ""))
    two = app.selectbox(key="document").options.index("two.pdf · 3 pages")
    app.selectbox(key="document").select_index(two).run()
    app.get_by_key("page").set_value(2).run()
    app.selectbox(key="preset").select("noisy scan").run()
    before = changes(app)

    for screen in ("batch", "corpus", "compare", "help"):
        app.switch_page(f"views/{screen}.py").run()
        app.switch_page("views/workbench.py").run()

    assert app.selectbox(key="preset").value == "noisy scan"
    assert changes(app) == before
    assert app.session_state["page"] == 2
    assert app.selectbox(key="document").index == two


def test_settings_outlive_a_change_of_screen_for_which_the_address_is_late(app):
    app.selectbox(key="preset").select("noisy scan").run()
    before = changes(app)

    app.switch_page("views/help.py").run()
    app.query_params.clear()
    for name in before:  # as in a browser, where what is not drawn is forgotten
        del app.session_state[f"knob_{name}"]
    app.switch_page("views/workbench.py").run()
    assert changes(app) == before

    app.button(key="reset").click().run()
    app.switch_page("views/help.py").run()
    app.switch_page("views/workbench.py").run()
    assert changes(app) == {}


def test_reset_all_forgets_the_preset_too(app):
    app.selectbox(key="preset").select("noisy scan").run()

    app.button(key="reset").click().run()

    assert app.selectbox(key="preset").value is None
    assert changes(app) == {}
    assert app.button(key="reset").disabled


def test_reset_all_forgets_a_preset_whose_knobs_were_set_back_one_by_one(app):
    app.selectbox(key="preset").select("noisy scan").run()
    for name in changes(app):
        knob(app, name).set_value(knob_default(name)).run()
    assert changes(app) == {}

    app.button(key="reset").click().run()

    assert app.selectbox(key="preset").value is None


def knob_default(name):
    from app.ui.widgets import KNOBS

    return KNOBS[name].default


def test_removing_in_the_workbench_says_what_it_leaves_alone(app):
    upload(app, one__png=png(""))
    assert "stay" in app.button(key="remove").help

    app.button(key="remove").click().run()

    assert "The file on your disk stays" in app.toast[0].value
    assert "in the corpus" in app.toast[0].value


class State(dict):
    """Session state: its items are attributes too."""

    __getattr__, __setattr__ = dict.__getitem__, dict.__setitem__


@pytest.mark.parametrize(
    ("received", "others", "listed"),
    [
        (set(), [], ["film.tif"]),  # nothing else is coming
        (set(), ["fox.png"], []),  # listed when that has been received
        ({"fox.png"}, ["fox.png"], ["film.tif"]),  # the note comes late
    ],
)
def test_a_file_that_is_too_large_is_listed_when_the_others_were_received(
    monkeypatch, received, others, listed
):
    refused = []
    session = SimpleNamespace(refuse=lambda key, label, error: refused.append(label))
    note = {"files": [["film.tif", 60 * 2**20]], "others": others}
    state = State(paste=SimpleNamespace(large=note), session=session, received=received)
    monkeypatch.setattr(uploads, "state", state)

    uploads.note_large()

    assert refused == listed
