"""Misread forms in the app: groups are accepted, corrected together and undone."""

from tests.support.explore_screen import ask, opened, view
from tests.support.written_corpora import page

TEXT = "The boats lay in the harbour and the wind was fair for the whole day\n" * 6
PAGES = (
    page("a", TEXT),
    page("b", "tbe|60 boats lay in tlie|55 harbour and tbe|62 harhour|60 was fair"),
)


def text(app):
    return ask(app, lambda corpus: corpus.page("b", 1).text)


def press(app, key):
    app.button(key=key).click().run()
    assert not app.exception
    return app


def heading(app):
    return [each.value for each in app.markdown if "←" in each.value]


def test_groups_are_corrected_together_and_undone(app):
    view(opened(app, PAGES), "forms")
    assert heading(app) == ["#### the ← tbe (2), tlie (1)"]

    press(app, "accept_forms")
    assert heading(app) == ["#### harbour ← harhour (1)"]
    assert "tbe" in text(app)
    press(app, "skip_forms")
    assert "All groups are decided" in app.info[0].value
    press(app, "correct_forms")

    assert "3 words corrected" in app.success[0].value
    assert text(app) == "the boats lay in the harbour and the harhour was fair"
    assert heading(app) == ["#### harbour ← harhour (1)"]
    assert app.button(key="undo_forms").label == "Undo: the"

    press(app, "undo_forms")

    assert "3 corrections are undone" in app.success[0].value
    assert text(app).startswith("tbe boats lay in tlie")
    assert heading(app) == ["#### the ← tbe (2), tlie (1)"]


def test_a_refusal_is_kept_until_it_is_undone(app):
    view(opened(app, PAGES), "forms")

    press(app, "refuse_forms")
    refused = ask(app, lambda corpus: corpus.refused_forms())
    assert refused == {("tbe", "the"), ("tlie", "the")}
    press(app, "forms_back")

    assert ask(app, lambda corpus: corpus.refused_forms()) == set()
    assert heading(app) == ["#### the ← tbe (2), tlie (1)"]


def test_without_misreadings_a_word_is_asked_for(app):
    view(opened(app, PAGES[:1]), "forms")

    assert "Type a word to see" in app.info[0].value


def test_a_form_that_was_asked_for_comes_first_or_is_looked_for(app):
    opened(app, PAGES)
    for form, word, shown in [
        ("harhour", "", "#### harbour ← harhour (1)"),
        ("Tlie", "", "#### the ← tbe (2), tlie (1)"),
    ]:
        app.session_state.form_first = form
        view(app, "forms")
        assert app.get_by_key("form_word").value == word
        assert heading(app) == [shown]

    app.session_state.form_first = "boats"
    view(app, "forms")
    assert app.get_by_key("form_word").value == "boats"
    assert not heading(app)
