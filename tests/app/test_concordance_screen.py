"""The concordance as a working tool: gaps, lists, groups, marks, and saved parts."""

from urllib.parse import parse_qs, urlsplit

from ocr_core.corpus.word_positions import position_of
from ocr_core.mining import Filter
from tests.support.app_driver import button, component
from tests.support.explore_screen import (
    ask,
    put,
    sizes,
    table,
    view,
)


def tick(app, *rows):
    """Tick rows of the concordance, for the next run."""
    key = f"hits {hash(tuple(app.session_state.hits))}"
    app.session_state[key] = {"selection": {"rows": list(rows), "columns": []}}


def test_a_query_has_gaps_and_a_list_joins_its_hits(explore):
    view(explore, "lines", kwic_query="harbour []{0,2} sails")
    assert table(explore, "word") == [
        ("harbour slept sails",),  # from one page to the next
        ("harbour and no sails",),
    ]

    put(explore, kwic_query="", kwic_list="old\nhafen\nalte hafen\n")
    assert table(explore, "word") == [("old",), ("alte Hafen",), ("Hafen",)]


def test_each_hit_of_a_page_opens_it_at_its_own_word(explore):
    view(explore, "lines", kwic_query="harbour", only_documents="mail_1890")
    words = []
    for number in (0, 1):
        explore.session_state.open_hit_next = explore.session_state.hits[number]
        explore.run()
        assert explore.query_params["page"] == "1"
        words.append(explore.query_params["w"])
        explore.switch_page("views/explore.py").run()

    assert words == ["1", "8"]


def test_hits_are_grouped_and_a_group_is_chosen(explore):
    view(explore, "lines", kwic_query="sails", kwic_group="year")
    assert table(explore, "value", "count") == [("1890", 2), ("1920", 1)]

    explore.session_state.table_concordance_groups = {
        "selection": {"rows": [1], "columns": []}
    }
    explore.run()
    assert table(explore, "document") == [("mail_1920",)]


def test_lines_are_marked_chosen_by_label_and_unmarked(explore):
    view(explore, "lines", kwic_query="harbour")
    tick(explore, 0, 2)
    explore.session_state.mark_label = "mine"
    explore.run()
    tick(explore, 0, 2)
    button(explore, "Mark the ticked lines (2)").click().run()
    assert [label for (label,) in table(explore, "label")] == ["mine", "", "mine", ""]
    assert [each.value for each in explore.toast] == ["Lines marked mine: 2"]

    put(explore, kwic_label="mine")
    assert len(table(explore, "label")) == 2

    button(explore, "Undo the last marking").click().run()
    assert ask(explore, lambda corpus: corpus.marks()) == []
    assert len(table(explore, "word")) == 4


def test_a_line_of_a_narrow_screen_is_ticked_and_opened(explore):
    view(explore, "lines", kwic_query="harbour")
    texts = [each.value for each in explore.markdown]
    assert any("full of sails and the **harbour** slept" in each for each in texts)

    explore.checkbox(key="narrow_mail_1920 1 4").check().run()
    assert button(explore, "Mark the ticked lines (1)")

    explore.button(key="narrow_open_3").click().run()
    assert explore.query_params["doc"] == "mail_1920"


def test_a_single_line_has_a_link(explore):
    view(explore, "lines", kwic_query="hafen")
    tick(explore, 0)
    explore.run()

    [link] = [each.value for each in explore.code]
    address = parse_qs(urlsplit(link).query)
    [position] = address["at"]
    assert (address["doc"], address["page"]) == (["tide_1920"], ["1"])
    assert position == ask(
        explore, lambda c: position_of(c.original("tide_1920", 1), 2)
    )

    # Another reading of the page may have the word at another index.
    explore.query_params.update(
        {"doc": "tide_1920", "page": "1", "w": "0", "at": position}
    )
    explore.switch_page("views/corpus.py").run()
    assert component(explore, "sheet_viewer")["selected"] == 2
    assert explore.query_params["at"] == position


def test_a_part_is_kept_used_compared_and_made_metadata(explore):
    ask(explore, lambda corpus: corpus.save_part("mail", Filter(documents="mail")))
    explore.run()

    button(explore, "Use this part").click().run()
    assert sizes(explore) == [2, 3, 25]
    button(explore, "Reset").click().run()

    view(explore, "keywords", key_column="*")
    explore.get_by_key("key_part_*").set_value(["mail"]).run()
    assert "harbour" in {term for (term,) in table(explore, "term")}

    put(explore, part_column="press")
    button(explore, "Set for its documents").click().run()
    kept = ask(explore, lambda corpus: corpus.metadata())
    assert kept["press"] == {"mail_1890": "mail", "mail_1920": "mail"}


def test_doubtful_words_are_corrected_one_by_one_and_kept(explore):
    explore.switch_page("views/corpus.py").run()
    button(explore, "Doubtful words").click().run()
    assert explore.text_input(key="doubtful 0").value == "sails"  # read with 40 %

    explore.text_input(key="doubtful 0").set_value("sail")
    button(explore, "Save").click().run()
    button(explore, "It is right").click().run()

    assert "No doubtful word is left" in explore.success[0].value
    kept = ask(explore, lambda corpus: corpus.corrections())
    assert [(each.doc_id, each.original, each.text) for each in kept] == [
        ("mail_1920", "sails", "sail")
    ]
    assert ask(explore, lambda corpus: corpus.certain_words("mail_1920", 1)) == {4, 7}


def test_a_doubtful_word_leads_to_its_forms(explore):
    explore.switch_page("views/corpus.py").run()
    button(explore, "Doubtful words").click().run()

    button(explore, "Here and everywhere").click().run()

    assert explore.get_by_key("form_word").value == "sails"


def test_a_line_is_corrected_on_its_page(explore):
    explore.query_params.update({"doc": "mail_1890", "page": "1", "w": "7"})
    explore.switch_page("views/corpus.py").run()
    [line] = [each for each in explore.text_input if each.label == "Its whole line"]
    assert line.value == "the harbour slept"

    line.set_value("the harbours kept")
    button(explore, "Save the line").click().run()

    text = ask(explore, lambda corpus: corpus.page("mail_1890", 1).text)
    assert text.endswith("the harbours kept")
