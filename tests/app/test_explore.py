"""The Explore screen: its filter, its counts, and its concordance."""

import threading

import pytest

from app.explore.background import LongJob, StillRunning
from app.explore.token_cache import TokenCache
from app.projects import demo
from ocr_core.corpus import Corpus
from ocr_core.mining.topics import topics
from sample_images.demo import page_count
from tests.support.app_driver import button, rerun_until
from tests.support.explore_screen import (
    HARBOUR,
    KNOWN,
    ask,
    captions,
    counts,
    opened,
    put,
    sizes,
    table,
    view,
)
from tests.support.waiting import HANG
from tests.support.written_corpora import page

# What is there before there is anything


def test_an_empty_corpus_offers_a_demo_and_the_workbench(app):
    app.switch_page("views/explore.py")
    app.run()

    assert "Read your own documents first" in app.info[0].value
    assert button(app, "Explore the demo corpus")
    assert not app.exception
    assert not app.session_state.session.corpus_handle.begun  # nobody asked for a file


def test_the_screen_says_how_much_is_counted(explore):
    assert sizes(explore) == [3, 4, 30]


def test_the_screen_says_how_far_tokenizing_is(explore, monkeypatch):
    under_way = LongJob(("tokens",), "Dividing", lambda progress: None, "Kept.")
    under_way.done, under_way.total = 3, 9

    def tokens(*_):
        raise StillRunning(under_way)

    monkeypatch.setattr(TokenCache, "tokens", tokens)

    explore.run()

    [progress] = explore.get("progress")
    assert (progress.proto.value, progress.proto.text[:8]) == (33, "Dividing")
    assert "left" in progress.proto.text
    assert not explore.dataframe


def test_long_work_is_stopped_and_started_again(explore, monkeypatch):
    monkeypatch.setattr("app.explore.token_cache.WAIT_SECONDS", 0)
    begun, go_on, ended = (threading.Event() for _ in range(3))

    def slow(selection, count, *, progress, **_):
        try:
            progress(1, 4)
            begun.set()
            assert go_on.wait(HANG)
            progress(2, 4)
        finally:
            ended.set()
        return topics(selection, count)

    monkeypatch.setattr("app.explore.topics.topics", slow)
    put(explore, explore_view="topics")
    assert begun.wait(HANG)
    explore.run()
    assert "Looking for topics" in explore.get("progress")[0].proto.text

    button(explore, "Stop").click().run()
    assert "Stopped. Nothing of it is kept" in explore.info[0].value
    go_on.set()
    assert ended.wait(HANG)
    explore.run()
    assert "Stopped." in explore.info[0].value

    monkeypatch.setattr("app.explore.token_cache.WAIT_SECONDS", HANG)
    put(explore, topic_count=2)
    assert not explore.get("progress")
    assert not [each for each in explore.info if "Stopped" in each.value]


# The filter


def test_each_knob_of_the_filter_changes_what_is_counted(explore):
    for key, value, left in [
        ("only_documents", "MAIL", [2, 3, 25]),
        ("only_documents", "*_1920", [2, 2, 15]),
        ("only_metadata", "year=1900..1930", [2, 2, 15]),
        ("only_metadata", "year=1920; paper=Tide,Globe", [1, 1, 5]),
        ("only_languages", ["deu"], [1, 1, 5]),
        ("only_min_conf", 50.0, [3, 4, 29]),
        ("only_min_quality", 0.6, [2, 3, 25]),
        ("only_numbers", "keep", [3, 4, 31]),
        ("only_min_length", 5, [3, 4, 11]),
    ]:
        before = explore.get_by_key(key).value
        put(explore, **{key: value})

        assert sizes(explore) == left, (key, value)
        assert sum(counts(explore).values()) == left[2], (key, value)
        explore.get_by_key(key).set_value(before)  # with the next one


def test_stop_words_of_each_language_are_dropped(explore):
    put(explore, only_stop_words="drop")

    left = counts(explore)
    assert {"harbour": 4, "sails": 3, "hafen": 1}.items() <= left.items()
    assert not {"the", "was", "and", "der", "war"} & set(left)


def test_words_are_distinguished_as_the_filter_says(explore):
    for how, wanted in (
        ("lower", {"the": 4, "sails": 3}),
        ("form", {"the": 3, "The": 1}),
        ("lemma", {"sail": 3, "ship": 1}),
    ):
        put(explore, only_words=how)
        assert wanted.items() <= counts(explore).items(), how


def test_the_text_is_counted_as_corrected_or_as_read(explore):
    ask(explore, lambda corpus: corpus.correct("mail_1890", 1, 1, "port"))
    explore.run()
    assert (counts(explore)["harbour"], counts(explore)["port"]) == (3, 1)

    put(explore, only_text="raw")

    assert counts(explore)["harbour"] == 4
    assert "port" not in counts(explore)


def test_running_heads_are_counted_where_they_are_asked_for(app):
    news = [
        page("news", f"The Harbour News\nsome words on {each}\n{n}", number=n)
        for n, each in enumerate(("sails", "fish", "rope", "tides"), 1)
    ]
    opened(app, news)
    assert "news" not in counts(app)

    put(app, only_heads="keep")

    assert counts(app)["news"] == 4


def test_reset_counts_everything_again(explore):
    put(explore, only_documents="mail", only_min_length=5, only_languages=["eng"])
    assert sizes(explore) != [3, 4, 30]

    button(explore, "Reset").click().run()

    assert sizes(explore) == [3, 4, 30]
    assert explore.get_by_key("only_documents").value == ""


def test_a_filter_that_leaves_nothing_is_reported(explore):
    put(explore, only_documents="nobody")

    assert "No words are left to count" in explore.info[0].value
    assert sizes(explore) == [0, 0, 0]
    assert not explore.dataframe


def test_a_condition_that_cannot_be_understood_is_reported(explore):
    put(explore, only_metadata="colour=red")

    said = explore.error[0].value.replace("\\", "")
    assert "The corpus has no column colour." in said
    assert "Columns: paper, year" in said


def test_the_address_opens_a_view_of_what_is_filtered(app):
    app.query_params["explore_view"] = "Concordance"
    app.query_params["kwic_query"] = "hafen"
    app.query_params["only_languages"] = "deu"

    opened(app, HARBOUR, view="")

    assert sizes(app) == [1, 1, 5]
    assert table(app, "left", "word", "right") == [("Der alte", "Hafen", "war voll")]


def test_an_earlier_address_chooses_what_counts_as_a_word(app):
    app.query_params["only_words"] = "form"

    opened(app, HARBOUR, view="")

    assert app.get_by_key("only_words").value == "form"


@pytest.mark.parametrize("shown", ["lines", "Konkordanz", "Concordance"])
def test_an_address_of_any_language_opens_the_same_choices(app, shown):
    app.query_params["explore_view"] = shown
    app.query_params["kwic_sort"] = "erstes Wort rechts"
    app.query_params["only_numbers"] = "behalten"

    opened(app, HARBOUR, view="")

    assert app.get_by_key("explore_view").value == "lines"
    assert app.get_by_key("kwic_sort").value == "R1"
    assert app.get_by_key("only_numbers").value == "keep"


# Words


def test_words_are_counted(explore):
    shown = table(explore, "term", "count", "documents", "range")

    assert shown[:3] == [
        ("harbour", 4, 2, pytest.approx(2 / 3)),
        ("the", 4, 2, pytest.approx(2 / 3)),
        ("sails", 3, 2, pytest.approx(2 / 3)),
    ]
    [per_million] = {row[0] for row in table(explore, "per_million", "term")[:2]}
    assert per_million == pytest.approx(4 / 30 * 1e6)


def test_pairs_and_triples_are_counted_on_one_page(explore):
    put(explore, counted="2")
    assert counts(explore) == {"the harbour": 3}

    put(explore, counted="3", only_documents="mail_1890")
    assert "No words are left to count" in explore.info[0].value  # none is there twice


def test_typical_words_are_those_of_one_document(explore):
    put(explore, counted="typical", only_stop_words="drop")

    first = {doc_id: [] for doc_id in KNOWN["year"]}
    for doc_id, term, *_ in table(explore, "doc_id", "term", "count", "tf_idf"):
        first[doc_id].append(term)
    assert first["mail_1890"][0] == "harbour"
    assert set(first["tide_1920"]) == {"alte", "hafen", "voll"}


def test_a_word_that_is_chosen_leads_to_its_lines(explore):
    explore.session_state.table_words = {"selection": {"rows": [0], "columns": []}}
    explore.run()

    button(explore, "Show the concordance").click().run()

    assert explore.get_by_key("explore_view").value == "lines"
    assert len(table(explore, "word")) == 4


# Spread


def test_occurrences_are_placed_and_counted_over_the_years(explore):
    view(explore, "spread", spread_words="sails, hafen, whale")

    rows = table(explore, "term", "doc_id", "page_num", "token_index")
    assert rows == [
        ("sails", "mail_1890", 1, 5),
        ("sails", "mail_1890", 2, 10),
        ("sails", "mail_1920", 1, 22),
        ("hafen", "tide_1920", 1, 27),
    ]
    view(explore, "trends", trend_over="year")
    change = table(explore, "value", "term", "count", "tokens")
    assert change == [
        ("1890", "sails", 2, 15),
        ("1890", "hafen", 0, 15),
        ("1890", "whale", 0, 15),
        ("1920", "sails", 1, 15),
        ("1920", "hafen", 1, 15),
        ("1920", "whale", 0, 15),
    ]


def test_words_that_do_not_occur_are_placed_nowhere(explore):
    view(explore, "spread", spread_words="whale")

    assert "None of these words occurs." in explore.info[0].value


def test_a_trend_without_metadata_says_what_it_needs(app):
    view(opened(app, HARBOUR), "trends")

    assert "A trend needs metadata" in app.info[0].value


def test_a_trend_is_counted_in_bins_with_variants_and_parts(explore):
    ask(explore, lambda corpus: corpus.set_metadata({"year": {"mail_1920": "1929"}}))
    view(explore, "trends", spread_words="harbour")

    put(explore, trend_bins=10, trend_window=3, trend_parts="paper")
    put(explore, trend_tolerant=True)

    change = table(explore, "value", "term", "part", "count", "tokens")
    assert change[:2] == [
        ("1890", "harbour", "mail", 3, 15),
        ("1890", "harbour", "tide", 0, 0),
    ]
    assert change[-2:] == [
        ("1920", "harbour", "mail", 1, 10),
        ("1920", "harbour", "tide", 0, 5),
    ]
    assert len(change) == 8  # four decades, two papers


# Concordance


def test_a_concordance_starts_with_the_commonest_content_word(explore):
    view(explore, "lines")

    assert {word for (word,) in table(explore, "word")} == {"harbour"}
    assert "As a start, with the commonest word: harbour." in captions(explore)


def test_hits_stand_between_their_neighbours(explore):
    view(explore, "lines", kwic_query="harbour")

    rows = table(explore, "left", "word", "right", "document", "page", "confidence")
    assert rows[0] == (
        "The",
        "harbour",
        "was full of sails and the harbour slept",
        "mail_1890",
        1,
        90,
    )
    assert [row[3:5] for row in rows] == [
        ("mail_1890", 1),
        ("mail_1890", 1),
        ("mail_1890", 2),
        ("mail_1920", 1),
    ]
    assert "1 to 4 of 4 hits." in captions(explore)
    assert [strip for (strip,) in table(explore, "as scanned")] == [None] * 4


def test_hits_are_sorted(explore):
    view(explore, "lines", kwic_query="harbour")
    for order, after in (
        ("confidence", ["and", "was", "slept", ""]),
        ("R1,R2,R3", ["", "and", "slept", "was"]),
        ("L1,L2,L3", ["", "was", "slept", "and"]),
        ("page", ["was", "slept", "", "and"]),
    ):
        put(explore, kwic_sort=order)
        shown = [right.partition(" ")[0] for (right,) in table(explore, "right")]
        assert shown == after, order


def test_hits_come_a_sheet_at_a_time(app, monkeypatch):
    monkeypatch.setattr("app.explore.concordance.ROWS", 2)
    opened(app, [page("a", "one two one two one two one two one")])
    view(app, "lines", kwic_query="one")
    assert "1 to 2 of 5 hits." in captions(app)

    put(app, kwic_sheet=3)
    assert table(app, "left", "word") == [("one two one two one two one two", "one")]
    assert "5 to 5 of 5 hits." in captions(app)


def test_another_query_begins_where_it_has_hits(app, monkeypatch):
    monkeypatch.setattr("app.explore.concordance.ROWS", 2)
    opened(app, [page("a", "one two one two one three one three one three")])
    view(app, "lines", kwic_query="one", kwic_sheet=3)

    put(app, kwic_query="two")
    assert "1 to 2 of 2 hits." in captions(app)

    put(app, kwic_query="three")
    assert "of 3 hits." in captions(app)
    assert table(app, "word")


@pytest.mark.parametrize(
    ("query", "said"), [("whale", "no hits"), ("/(/", "cannot be looked for")]
)
def test_a_query_without_a_hit_is_reported(explore, query, said):
    view(explore, "lines", kwic_query=query)

    assert said in [*explore.info, *explore.error][0].value


def test_the_button_of_a_hit_opens_its_page_at_the_word(explore):
    view(explore, "lines", kwic_query="hafen")
    explore.session_state.open_hit_next = explore.session_state.hits[0]

    explore.run()

    assert explore.query_params["doc"] == "tide_1920"
    assert explore.query_params["page"] == "1"
    assert explore.query_params["w"] == "2"
    assert any("tide_1920" in each.value.replace("\\", "") for each in explore.markdown)


def test_what_was_asked_is_asked_again_after_another_page(explore):
    view(explore, "lines", kwic_query="harbour", kwic_sort="confidence")
    put(explore, only_documents="mail_1890", only_words="form")
    explore.switch_page("views/corpus.py").run()

    explore.switch_page("views/explore.py").run()

    assert explore.get_by_key("explore_view").value == "lines"
    assert explore.get_by_key("kwic_query").value == "harbour"
    assert sizes(explore)[0] == 1
    assert "1 to 3 of 3 hits." in captions(explore)
    button(explore, "Reset").click().run()
    assert sizes(explore)[0] == 3


# The demo corpus


@pytest.mark.large
def test_the_demo_corpus_opens_read_and_described(app):
    app.switch_page("views/explore.py")
    app.run()

    button(app, "Explore the demo corpus").click().run()
    rerun_until(app, lambda app: app.metric)

    assert sizes(app)[1] == page_count() == 92
    known = ask(app, Corpus.metadata)
    names = {each.doc_id for each in ask(app, Corpus.rows)}
    assert set(known["year"]) == names
    view(app, "lines", kwic_query="harbour")
    assert all(strip for (strip,) in table(app, "as scanned"))


def test_the_demo_corpus_is_opened_again_not_copied(app):
    button(app, "Explore the demo corpus").click().run()
    app.switch_page("views/corpus.py").run()
    app.switch_page("views/projects.py").run()
    button(app, "New project").click().run()
    app.switch_page("views/workbench.py").run()
    button(app, "Explore the demo corpus").click().run()

    library = app.session_state.session.library
    [demo] = library.listings()
    position = library.open(demo.id).record.position
    assert position == {"screen": "explore"}  # not where it was left
    assert [line.name for line in library.listings()] == ["Demo newspapers"]


def test_a_demo_that_cannot_be_opened_says_why(app, monkeypatch, tmp_path):
    damaged = tmp_path / "demo.zip"
    damaged.write_bytes(demo.FILE.read_bytes()[:5000])
    monkeypatch.setattr(demo, "FILE", damaged)
    app.switch_page("views/explore.py")
    app.run()

    button(app, "Explore the demo corpus").click().run()

    assert "damaged" in app.error[0].value
    assert button(app, "Explore the demo corpus")


def test_stop_words_are_shown_changed_and_named_where_there_are_none(app):
    pages = (page("a", "The old ship"), page("b", "skip", language="isl"))
    explore = opened(app, pages)
    put(explore, only_stop_words="drop")
    assert "no list of stop words for isl" in captions(explore)

    assert "Snowball" in captions(explore)
    [words] = [
        each for each in explore.text_area if each.label == "Words that are dropped"
    ]
    assert "the" in words.value.split()
    words.set_value("old ship")
    explore.get_by_key("keep_stop_list").click()
    explore.run()

    assert set(counts(explore)) == {"the", "skip"}
    assert "Your own list" in captions(explore)
