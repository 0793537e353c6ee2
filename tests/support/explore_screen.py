"""The Explore screen under test: a corpus of three documents, and what is shown."""

from tests.support.written_corpora import fill, page

HARBOUR = (
    page("mail_1890", "The harbour was full of sails and\nthe harbour slept"),
    page("mail_1890", "sails of the old harbour", number=2),
    page("mail_1920", "Motor ships fill the harbour|60 and no sails|40 are seen 1920"),
    page("tide_1920", "Der alte Hafen war voll", language="deu", quality=0.5),
)
KNOWN = {
    "paper": {"mail_1890": "mail", "mail_1920": "mail", "tide_1920": "tide"},
    "year": {"mail_1890": "1890", "mail_1920": "1920", "tide_1920": "1920"},
}


def opened(app, pages, metadata=None, view="words"):
    """Open a corpus; an empty `view` is the one that the address names."""
    ask(app, lambda corpus: fill(corpus, *pages))
    ask(app, lambda corpus: corpus.set_metadata(metadata or {}))
    app.switch_page("views/explore.py").run()
    return put(app, explore_view=view) if view else app


def ask(app, question):
    return app.session_state.session.corpus_handle.ask(question)


def put(app, **values):
    """Set widgets and run once."""
    for key, value in values.items():
        app.get_by_key(key).set_value(value)
    app.run()
    assert not app.exception
    return app


def view(app, name, **values):
    """Open a view, and set widgets of it, which come and go with one another."""
    put(app, explore_view=name)
    for key, value in values.items():
        put(app, **{key: value})
    return app


def table(app, *columns):
    """Return the rows of the first table that has these columns, in their order."""
    [found, *_] = [
        each.value for each in app.dataframe if set(columns) <= set(each.value.columns)
    ]
    return list(found[list(columns)].itertuples(index=False, name=None))


def counts(app):
    return dict(table(app, "term", "count"))


def captions(app):
    return " ".join(each.value for each in app.caption)


def sizes(app):
    """Return how many documents, pages and tokens are said to be counted."""
    [caption] = [each.value for each in app.caption if "tokens" in each.value[:60]][:1]
    return [int(part.split("**")[1].replace(",", "")) for part in caption.split(" · ")]
