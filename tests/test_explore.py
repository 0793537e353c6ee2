"""The Explore screen: each view's numbers, its filter, and what they are made of."""

import io
import threading
from types import SimpleNamespace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import shelf
from app.explore import demo
from app.explore.concordance import pieces
from app.explore.study import Cutting, Study
from app.explore.tables import as_csv
from app.shelf import Shelf
from ocr_core.corpus import Corpus
from ocr_core.errors import CancelledError, CorpusError
from ocr_core.mining import Filter, select
from tests.app_driver import button, settle
from tests.written import columns_of, fill, page

pytestmark = pytest.mark.timeout(240)

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


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv(shelf.FOLDER, str(tmp_path / "corpora"))


@pytest.fixture
def explore(app):
    """The app on its Explore screen, with a corpus of three documents."""
    return opened(app, HARBOUR, KNOWN)


def opened(app, pages, metadata=None):
    ask(app, lambda corpus: fill(corpus, *pages))
    ask(app, lambda corpus: corpus.describe(metadata or {}))
    app.switch_page("views/explore.py")
    return app.run()


def ask(app, question):
    return app.session_state.session.shelf.ask(question)


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
    [told] = [each.value for each in app.caption if "tokens" in each.value[:60]][:1]
    return [int(part.split("**")[1]) for part in told.split(" · ")]


# What is there before there is anything


def test_an_empty_corpus_offers_a_demo_and_the_workbench(app):
    app.switch_page("views/explore.py")
    app.run()

    assert "Read your own documents first" in app.info[0].value
    assert button(app, "Draw and read the demo corpus")
    assert not app.exception
    assert not app.session_state.session.shelf.begun  # nobody asked for a file


def test_the_screen_says_how_much_is_counted(explore):
    assert sizes(explore) == [3, 4, 30]


# The filter


@pytest.mark.parametrize(
    ("key", "value", "left"),
    [
        ("only_documents", "MAIL", [2, 3, 25]),
        ("only_documents", "*_1920", [2, 2, 15]),
        ("only_metadata", "year=1900..1930", [2, 2, 15]),
        ("only_metadata", "year=1920; paper=Tide,Globe", [1, 1, 5]),
        ("only_languages", ["deu"], [1, 1, 5]),
        ("only_min_conf", 50.0, [3, 4, 29]),
        ("only_min_quality", 0.6, [2, 3, 25]),
        ("only_numbers", "keep", [3, 4, 31]),
        ("only_min_length", 5, [3, 4, 11]),
    ],
)
def test_each_knob_of_the_filter_changes_what_is_counted(explore, key, value, left):
    put(explore, **{key: value})

    assert sizes(explore) == left
    assert sum(counts(explore).values()) == left[2]


def test_stop_words_of_each_language_are_dropped(explore):
    put(explore, only_stop_words="drop")

    left = counts(explore)
    assert {"harbour": 4, "sails": 3, "hafen": 1}.items() <= left.items()
    assert not {"the", "was", "and", "der", "war"} & set(left)


@pytest.mark.parametrize(
    ("how", "wanted"),
    [
        ("lower", {"the": 4, "sails": 3}),
        ("form", {"the": 3, "The": 1}),
        ("lemma", {"sail": 3, "ship": 1}),
    ],
)
def test_words_are_told_apart_as_the_filter_says(explore, how, wanted):
    put(explore, only_words=how)

    assert wanted.items() <= counts(explore).items()


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


def test_a_filter_that_leaves_nothing_says_so(explore):
    put(explore, only_documents="nobody")

    assert "Loosen the filter" in explore.info[0].value
    assert sizes(explore) == [0, 0, 0]
    assert not explore.dataframe


def test_a_condition_that_cannot_be_understood_is_told(explore):
    put(explore, only_metadata="colour=red")

    said = explore.error[0].value.replace("\\", "")
    assert "cannot be filtered by colour=red" in said
    assert "Columns: paper, year" in said


def test_the_address_opens_a_view_of_what_is_filtered(app):
    app.query_params["explore_view"] = "Concordance"
    app.query_params["kwic_query"] = "hafen"
    app.query_params["only_languages"] = "deu"

    opened(app, HARBOUR)

    assert sizes(app) == [1, 1, 5]
    assert table(app, "left", "word", "right") == [("Der alte", "Hafen", "war voll")]


# Metadata


def test_metadata_are_taken_from_the_names(app):
    opened(app, HARBOUR)
    assert "Nothing is known of the documents" in captions(app)
    put(app, metadata_pattern="{paper}_{year}")

    button(app, "Take them from the names").click().run()

    assert "2 columns were taken; 0 values" in app.success[0].value
    assert ask(app, Corpus.metadata) == KNOWN
    assert "Columns: paper, year." in captions(app)
    assert sizes(put(app, only_metadata="paper=tide")) == [1, 1, 5]


def test_a_pattern_that_names_nothing_is_told(explore):
    put(explore, metadata_pattern="year")

    button(explore, "Take them from the names").click().run()

    assert "The pattern names no column" in explore.error[0].value
    assert ask(explore, Corpus.metadata) == KNOWN


def test_metadata_are_taken_from_a_table(explore):
    uploader = next(u for u in explore.file_uploader if "metadata" in u.key)

    uploader.upload("m.csv", b"doc_id,town\nmail_1890,Port\nnobody,Nowhere\n")
    explore.run()

    assert "1 columns were taken; 1 values" in explore.success[0].value
    assert ask(explore, Corpus.metadata)["town"] == {"mail_1890": "Port"}
    explore.run()
    assert not explore.success  # told once, taken once


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
    assert "Loosen the filter" in explore.info[0].value  # none is there twice


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

    button(explore, "See the lines").click().run()

    assert explore.get_by_key("explore_view").value == "lines"
    assert len(table(explore, "word")) == 4


# Spread


def test_occurrences_are_placed_and_counted_over_the_years(explore):
    view(explore, "spread", spread_words="sails, hafen, whale")

    places = table(explore, "term", "doc_id", "page_num", "token")
    assert places == [
        ("sails", "mail_1890", 1, 5),
        ("sails", "mail_1890", 2, 10),
        ("sails", "mail_1920", 1, 22),
        ("hafen", "tide_1920", 1, 27),
    ]
    put(explore, trend_over="year")
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
    view(opened(app, HARBOUR), "spread")

    assert "A trend needs to know something" in app.info[0].value


# Concordance


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


@pytest.mark.parametrize(
    ("order", "after"),
    [
        ("page", ["was", "slept", "", "and"]),
        ("R1,R2,R3", ["", "and", "slept", "was"]),
        ("L1,L2,L3", ["", "was", "slept", "and"]),
        ("confidence", ["and", "was", "slept", ""]),
    ],
)
def test_hits_are_sorted(explore, order, after):
    view(explore, "lines", kwic_query="harbour", kwic_sort=order)

    shown = [right.partition(" ")[0] for (right,) in table(explore, "right")]
    assert shown == after


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
    ("query", "said"), [("whale", "does not occur"), ("/(/", "cannot be looked for")]
)
def test_a_query_without_a_hit_is_told(explore, query, said):
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


# Which words stand together, and which set a part apart


def test_collocates_are_counted_within_the_span(app):
    text = "old harbour x y z\nold harbour q r s\nold harbour t u v\nsails"
    opened(app, [page("a", text)])

    view(app, "collocates", kwic_query="harbour", span=1)

    assert counts(app) == {"old": 3}
    assert "below 75 % confidence" in captions(app)


def test_a_word_that_nothing_stands_near_says_so(explore):
    view(explore, "collocates", kwic_query="hafen")

    assert "No word stands near it" in explore.info[0].value


def graded(quality):
    """Return six documents before and after 1900, the early ones read so well."""
    for n in range(12):
        early = n < 6
        text = "white sails in the wind" if early else "black motors in the rain"
        yield page(f"n{n}", text, quality=(quality if early else 0.9) + n % 6 / 100)


def dated():
    return {"age": {f"n{n}": "early" if n < 6 else "late" for n in range(12)}}


def test_keywords_set_a_part_apart_and_its_poorer_pages_are_warned_of(app):
    view(opened(app, graded(0.4), dated()), "keywords")
    assert "Choose a part" in app.info[0].value
    put(app, **{"key_part age": ["early"]})

    ratios = dict(table(app, "term", "log_ratio"))
    assert {term for term in ratios if ratios[term] > 1} == {"white", "sails", "wind"}
    assert ratios["the"] == pytest.approx(0)
    assert "early was read worse than the rest" in app.warning[0].value
    assert "Kruskal–Wallis" in app.warning[0].value


def test_parts_that_were_read_as_well_are_not_warned_of(app):
    view(opened(app, graded(0.9), dated()), "keywords")

    put(app, **{"key_part age": ["late"]})

    assert not app.warning
    assert table(app, "term", "log_ratio")[0][0] in ("black", "motors", "rain")


# Topics and documents


def test_a_corpus_too_small_for_topics_says_so(explore):
    view(explore, "topics")

    assert "Ask for fewer topics" in explore.error[0].value
    assert not explore.dataframe


def about(n):
    """Return a text about one of two things."""
    things = ("sails wind rope mast", "fish price market scales")[n % 2].split()
    return " ".join(things[(n // 2 + k) % 4] for k in range(3))


def test_topics_are_what_words_stand_together(app):
    opened(app, [page(f"n{n}", about(n)) for n in range(16)])

    view(app, "topics", topic_count=2, topic_unit="document")

    themes = [set(words.split(", ")[:4]) for _, words in table(app, "topic", "words")]
    assert sorted(themes, key=sorted) == [
        {"fish", "price", "market", "scales"},
        {"sails", "wind", "rope", "mast"},
    ]
    for n, (_, one, two) in enumerate(table(app, "doc_id", "topic_1", "topic_2")):
        of = "sails" in themes[0], n % 2 == 0
        assert (one > two) == (of[0] == of[1])
    assert "With other starting points" in captions(app)


def test_documents_are_measured_and_compared(app):
    opened(app, [page(f"n{n}", about(n)) for n in range(8)])

    view(app, "documents", similar_to="n0")

    assert table(app, "doc_id", "tokens")[1:3] == [("n0", 3), ("n1", 3)]
    assert {row[0] for row in table(app, "doc_id", "similarity")[:2]} <= {
        f"n{n}" for n in range(2, 8, 2)
    }
    assert "Heaps" in captions(app)


# Misread forms


@pytest.fixture
def misread(app):
    """A corpus where the harbour was read otherwise twice."""
    texts = ["the harbour", "our harbour", "the harhour", "a harbonr", "a hat"]
    pages = [page(f"n{n}", text) for n, text in enumerate(texts)]
    return view(opened(app, pages), "forms")


def metrics(app):
    return [each.value for each in app.metric]


def test_forms_are_counted_where_they_are_ticked(misread, monkeypatch):
    assert "Type a word or a name" in misread.info[0].value
    put(misread, form_word="harbour")
    forms = {row[0]: row[1:] for row in table(misread, "term", "count", "ticked")}
    assert set(forms) == {"harbour", "harhour", "harbonr"}
    ticked = sum(count for count, on in forms.values() if on)
    assert metrics(misread) == ["2", str(ticked)]

    monkeypatch.setattr(
        "streamlit.data_editor", lambda table, **_: table.assign(ticked=True)
    )
    misread.run()

    assert metrics(misread) == ["2", "4"]


def test_a_word_that_nothing_is_like_has_no_forms(misread):
    put(misread, form_word="zeppelin")

    assert "Neither it nor anything like it occurs." in misread.info[0].value


# Trust


def test_trust_compares_the_quality_of_groups(app):
    view(opened(app, graded(0.4), dated()), "trust")

    rows = table(app, "part", "documents", "quality")
    assert [row[:2] for row in rows] == [("early", 6), ("late", 6)]
    assert rows[0][2] == pytest.approx(0.425)
    assert "early was read worse than late" in app.warning[0].value


def test_trust_finds_nothing_where_there_is_nothing(app):
    view(opened(app, graded(0.9), dated()), "trust")

    assert not app.warning
    assert "No difference in quality was found" in app.success[0].value


def test_doubtful_words_are_told_beside_the_numbers(explore):
    assert "7% of the tokens are below 75 % confidence" in captions(explore)


def test_the_better_half_of_the_pages_is_compared_where_there_are_words(app):
    many = " ".join(f"w{n:02}x{'y' * (n % 3)}" for n in range(60))
    good = [page("good", f"{many}\n{many}"), page("poor", "dust", quality=0.1)]

    opened(app, good)

    assert "100% of the top 50 are also the top 50 of the better half" in captions(app)


# Tables as files


def test_a_file_says_what_it_counts():
    tokens = columns_of([("a", ["old", "sails"]), ("b", ["motors"])])
    selection = select(tokens, Filter(documents="a", min_length=4))
    counted = pd.DataFrame({"term": ["sails, é"], "count": [1]})

    rows = pd.read_csv(io.BytesIO(as_csv(counted, selection, "sails over year")))

    [row] = rows.to_dict("records")
    assert row == {
        "term": "sails, é",
        "count": 1,
        "asked": "sails over year",
        "filter": "documents=a; min_length=4",
        "documents": 1,
        "pages": 1,
        "tokens": 1,
    }


# The study


@pytest.fixture
def kept(tmp_path):
    """A corpus on its shelf."""
    kept = Shelf(tmp_path / "harbour.sqlite")
    kept.ask(lambda corpus: fill(corpus, *HARBOUR))
    yield kept
    kept.close()


def cut(study, shelf, raw=False):
    """Return the tokens, however long it takes."""
    found = study.tokens(shelf, raw)
    while isinstance(found, Cutting):
        assert found.ended.wait(60)
        found = study.tokens(shelf, raw)
    return found


def test_tokens_are_made_once_and_again_after_a_correction(kept):
    study = Study()
    first = cut(study, kept)
    made = study.selection(first, Filter())
    assert cut(study, kept) is first
    assert study.selection(first, Filter()) is made

    kept.ask(lambda corpus: corpus.correct("mail_1890", 1, 1, "port"))

    again = cut(study, kept)
    assert again is not first
    assert "port" in select(again).ids
    assert study.selection(again, Filter()) is not made
    raw = select(cut(study, kept, raw=True))
    assert raw.counts[raw.ids["port"]] == 0


def test_metadata_that_change_are_seen(kept):
    study = Study()
    assert not cut(study, kept).metadata

    kept.ask(lambda corpus: corpus.describe(KNOWN))

    assert dict(cut(study, kept).metadata) == KNOWN


def test_the_oldest_table_is_forgotten_first(monkeypatch):
    monkeypatch.setattr("app.explore.study.KEPT", 2)
    study, made = Study(), []

    for key in "abacab":
        study.once(key, lambda key=key: made.append(key))

    assert made == ["a", "b", "c", "b"]


def test_a_fault_is_told_and_the_next_time_it_is_tried_again(kept, monkeypatch):
    study = Study()

    def broken(corpus, **_):
        raise CorpusError("Torn.")

    with monkeypatch.context() as torn:
        torn.setattr(Corpus, "tokens", broken)
        with pytest.raises(CorpusError, match="Torn"):
            cut(study, kept)

    assert len(cut(study, kept)) == 31


def test_a_cutting_that_nobody_wants_ends(kept, monkeypatch):
    monkeypatch.setattr("app.explore.study.WAIT_SECONDS", 0)
    begun, go_on = threading.Event(), threading.Event()

    def slow(corpus, *, raw, progress):
        progress(1, 4)
        begun.set()
        assert go_on.wait(60)
        progress(2, 4)
        raise AssertionError("it goes on")

    monkeypatch.setattr(Corpus, "tokens", slow)
    study = Study()
    cutting = study.tokens(kept, False)
    assert begun.wait(60)
    assert (cutting.done, cutting.total) == (1, 4)

    study.leave()
    go_on.set()

    assert cutting.ended.wait(60)
    assert isinstance(cutting.fault, CancelledError)


def test_the_screen_says_how_far_the_cutting_is(explore, monkeypatch):
    under_way = Cutting((), done=3, total=9)
    monkeypatch.setattr(Study, "tokens", lambda *_: under_way)

    explore.run()

    [progress] = explore.get("progress")
    assert "Page 3 of 9" in progress.proto.text
    assert not explore.dataframe


def test_no_session_sees_what_another_studies(kept, tmp_path):
    other = Shelf(tmp_path / "own" / "corpus.sqlite")
    other.path.parent.mkdir()
    other.ask(lambda corpus: fill(corpus, page("secret", "whispered words")))
    ours, theirs = Study(), Study()

    here, there = cut(ours, kept), cut(theirs, other)
    ours.once("table", lambda: "ours")

    assert {leaf.doc_id for leaf in there.leaves} == {"secret"}
    assert "secret" not in {leaf.doc_id for leaf in here.leaves}
    assert theirs.once("table", lambda: "theirs") == "theirs"
    assert "secret" in {leaf.doc_id for leaf in cut(ours, other).leaves}
    assert ours.once("table", lambda: "made again") == "made again"
    other.close()


# Pieces of a hit

WIDTHS = st.lists(
    st.tuples(st.integers(1, 90), st.integers(5, 40), st.integers(0, 4)),
    min_size=1,
    max_size=5,
)


def line(top, words):
    """Return boxes side by side on one line, each with its height and rise."""
    left, boxes = 10, []
    for width, height, rise in words:
        boxes.append((left, top - rise, width, height))
        left += width + 7
    return boxes


def holds(outer, inner):
    return (
        outer[0] <= inner[0]
        and outer[1] <= inner[1]
        and outer[0] + outer[2] >= inner[0] + inner[2]
        and outer[1] + outer[3] >= inner[1] + inner[3]
    )


@given(WIDTHS, WIDTHS)
def test_words_of_one_line_join_to_one_piece_and_lines_stay_apart(words, below):
    upper, lower = line(100, words), line(200, below)

    first, second = pieces([*upper, *lower])

    assert all(holds(first, box) for box in upper)
    assert all(holds(second, box) for box in lower)
    assert first[1] + first[3] <= second[1]
    assert first[2] == upper[-1][0] + upper[-1][2] - upper[0][0]


def test_a_hit_of_no_box_has_no_piece():
    assert pieces([]) == ()


# The demo corpus


@pytest.mark.needs_tesseract
def test_the_demo_corpus_is_drawn_read_and_described(app, monkeypatch):
    small = {"LANGUAGES": ("eng",), "page_count": lambda languages=(): 2}
    for name, value in small.items():
        monkeypatch.setattr(demo, name, value)
    monkeypatch.setattr(demo, "drawn", two_pages)
    app.switch_page("views/explore.py")
    app.run()

    button(app, "Draw and read the demo corpus").click().run()
    settle(app, lambda app: app.dataframe)

    assert sizes(app)[:2] == [2, 2]
    assert counts(app)["the"] > 5
    known = ask(app, Corpus.metadata)
    names = {each.doc_id for each in ask(app, Corpus.rows)}
    assert set(known["year"]) == names
    view(app, "lines", kwic_query="the")
    assert all(strip for (strip,) in table(app, "as scanned"))


def two_pages(folder, language):
    """Draw no more than two issues of the demo corpus; for a worker."""
    from sample_images.demo import demo_pages

    paths, rows = [], ["doc_id,year"]
    place = folder / language
    place.mkdir(parents=True)
    for each in demo_pages(languages=[language]):
        if len(paths) == 2:
            break
        path = place / f"{each.name}.png"
        each.image.save(path, dpi=(190, 190))
        paths.append(path)
        rows.append(f"{each.name},{each.year}")
    (folder / "metadata.csv").write_text("\n".join(rows), encoding="utf-8")
    return paths


def test_a_demo_that_cannot_be_drawn_says_why(app, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(demo, "reading_pool", lambda: SimpleNamespace(submit=full))
    app.switch_page("views/explore.py")
    app.run()

    button(app, "Draw and read the demo corpus").click().run()
    settle(app, lambda app: app.error)

    assert "No space left on device" in app.error[0].value
    assert button(app, "Draw and read the demo corpus")
