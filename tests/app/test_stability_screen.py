"""Good enough for my analysis: asked for, simulated, and told in words."""

from tests.support.explore_screen import HARBOUR, KNOWN, opened, put, table, view


def check(app):
    app.button(key="check_stability").click().run()
    assert not app.exception
    return app


def test_a_word_list_without_errors_is_good_enough(app):
    view(opened(app, HARBOUR, KNOWN), "trust", stability_cer=0.0)
    assert not [each for each in app.success if "Good enough" in each.value]

    check(app)

    [verdict] = [each.value for each in app.success if "Good enough" in each.value]
    assert "At a character error rate of 0.0 %" in verdict
    for _, figure, low, high, stays in table(
        app, "term", "figure", "low", "high", "stays"
    ):
        assert low <= figure <= high and stays == 1


def test_each_analysis_asks_for_what_it_needs(app):
    view(opened(app, HARBOUR, KNOWN), "trust", stability_of="trend")
    check(app)
    assert "needs a word" in app.error[0].value

    put(app, stability_word="harbour", stability_by="year", stability_cer=2.0)
    check(app)

    assert not app.error or "needs" not in app.error[0].value
    assert [row[0] for row in table(app, "term", "figure", "low")] == ["1890", "1920"]


def test_without_metadata_parts_and_trends_are_not_offered(app):
    view(opened(app, HARBOUR), "trust")

    assert app.selectbox(key="stability_of").options == [
        "Word list",
        "Collocates of a word",
        "Topics",
    ]
