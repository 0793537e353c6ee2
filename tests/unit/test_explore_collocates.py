"""The Explore screen: collocates, keywords, misread forms and reliability."""

import pytest

from tests.support.explore_screen import (
    HARBOUR,
    KNOWN,
    captions,
    counts,
    opened,
    put,
    table,
    view,
)
from tests.support.written_corpora import page


@pytest.fixture
def explore(app):
    """The app on its Explore screen, with a corpus of three documents."""
    return opened(app, HARBOUR, KNOWN)


# Which words stand together, and which set a part apart


def test_collocates_are_counted_within_the_span(app):
    text = "old harbour x y z\nold harbour q r s\nold harbour t u v\nsails"
    opened(app, [page("a", text)])

    view(app, "collocates", kwic_query="harbour", span=1)

    assert counts(app) == {"old": 3}
    assert "below 75 % confidence" in captions(app)


def test_a_word_that_nothing_stands_near_is_reported(explore):
    view(explore, "collocates", kwic_query="hafen")

    assert "No word occurs near the query" in explore.info[0].value


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
    assert app.multiselect(key="key_part_age").value == ["early"]  # as a start

    ratios = dict(table(app, "term", "log_ratio"))
    assert {term for term in ratios if ratios[term] > 1} == {"white", "sails", "wind"}
    assert ratios["the"] == pytest.approx(0)
    assert "early was read worse than the rest" in app.warning[0].value
    assert "Kruskal–Wallis" in app.warning[0].value


def test_the_n_of_simple_maths_can_be_set(app):
    view(opened(app, graded(0.9), dated()), "keywords", key_part_age=["early"])
    put(app, key_measure="simple_maths")
    one = dict(table(app, "term", "simple_maths"))

    put(app, key_smoothing=1000.0)

    # (per million here + n) / (per million there + n): nearer to 1 with a larger n
    many = dict(table(app, "term", "simple_maths"))
    assert 1 < many["sails"] < one["sails"]


def test_parts_that_were_read_as_well_are_not_warned_of(app):
    view(opened(app, graded(0.9), dated()), "keywords")

    put(app, **{"key_part_age": ["late"]})

    assert not app.warning
    assert table(app, "term", "log_ratio")[0][0] in ("black", "motors", "rain")


def test_each_part_has_a_trust_of_its_own(app):
    def written(part, conf):
        text = " ".join(f"{part}{number}|{conf}" for number in range(50))
        return [page(f"{part}_{n}", text) for n in range(4)]

    pages = [*written("early", 40), *written("late", 90)]
    parts = {each.ref.doc_id: each.ref.doc_id[:-2] for each in pages}
    view(opened(app, pages, {"age": parts}), "keywords")

    for part, below in ("early", "100 %"), ("late", "0 %"):
        put(app, key_part_age=[part])

        assert f": {below} of the tokens are below 75 %" in captions(app)
        assert (
            "100 % of the first 50 rows are also among the first 50 rows"
            in captions(app)
        )


# Topics and documents


def test_a_corpus_too_small_for_topics_is_reported(explore):
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
    assert "With other random seeds" in captions(app)


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


def test_forms_are_counted_where_they_are_selected(misread, monkeypatch):
    put(misread, form_word="harbour")
    forms = {row[0]: row[1:] for row in table(misread, "term", "count", "selected")}
    assert set(forms) == {"harbour", "harhour", "harbonr"}
    selected = sum(count for count, on in forms.values() if on)
    assert metrics(misread) == ["2", str(selected)]

    monkeypatch.setattr(
        "streamlit.data_editor", lambda table, **_: table.assign(selected=True)
    )
    misread.run()

    assert metrics(misread) == ["2", "4"]


def test_a_word_that_nothing_is_like_has_no_forms(misread):
    put(misread, form_word="zeppelin")

    assert "Neither this word nor a similar one occurs." in misread.info[0].value


# Trust


def test_trust_compares_the_quality_of_groups(app):
    view(opened(app, graded(0.4), dated()), "trust")

    rows = table(app, "part", "documents", "quality_median")
    assert [row[:2] for row in rows] == [("early", 6), ("late", 6)]
    assert rows[0][2] == pytest.approx(0.425)
    assert "early was read worse than late" in app.warning[0].value


def test_trust_finds_nothing_where_there_is_nothing(app):
    view(opened(app, graded(0.9), dated()), "trust")

    assert not app.warning
    assert "No important difference in quality was found" in app.success[0].value


def test_doubtful_words_are_reported_beside_the_numbers(explore):
    assert "7 % of the tokens are below 75 % confidence" in captions(explore)


def test_the_better_half_of_the_pages_is_compared_where_there_are_words(app):
    many = " ".join(f"w{n:02}x{'y' * (n % 3)}" for n in range(60))
    good = [page("good", f"{many}\n{many}"), page("poor", "dust", quality=0.1)]

    opened(app, good)

    assert "100 % of the first 50 rows are also among the first 50 rows" in captions(
        app
    )


@pytest.mark.parametrize("kind", ["2", "3", "typical"])
def test_a_view_is_compared_with_the_same_view_of_the_better_half(app, kind):
    # The poor page repeats the first text, whose words come first in the alphabet:
    # pairs and triples are the same without it, and what is typical of the others.
    texts = [
        " ".join(f"{first}{a}{b}" for a in "abcdefgh" for b in "ijklmnop")
        for first in "uvw"
    ]
    pages = [page(text[0], f"{text}\n{text}") for text in texts]
    pages.append(page("z", f"{texts[0]}\n{texts[0]}", quality=0.1))

    put(opened(app, pages), counted=kind)

    assert "100 % of the first 50 rows are also among the first 50 rows" in captions(
        app
    )


def test_several_languages_are_named_and_offered_one_at_a_time(app):
    pages = [page("a", "old sails"), page("b", "alte Segel", language="deu")]
    pages.append(page("c", "neue Segel", language="frk"))
    view(opened(app, pages), "documents")
    assert "in several languages" in captions(app)

    app.get_by_key("one_language_deu").click()
    app.run()

    assert "in several languages" not in captions(app)
    assert app.get_by_key("only_languages").value == ["deu"]


def test_keywords_of_a_single_document_say_what_is_missing(app):
    view(opened(app, [page("a", "white sails in the wind")], {}), "keywords")

    assert "Choose a part" in app.info[0].value
