"""The Corpus screen under test: how it is opened, and the pages that it lists."""


def go(app, **address):
    app.switch_page("views/corpus.py")
    for name, value in address.items():
        app.query_params[name] = value
    return app.run()


def listed(app):
    table = app.dataframe[0].value
    return list(zip(table["document"], table["page"].astype(int), strict=True))


def ask(app, question):
    """Return what a function of the open corpus returns."""
    return app.session_state.session.corpus_handle.ask(question)
