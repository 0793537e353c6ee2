"""Form groups: misread forms of a word, or with a confusion, corrected in one step."""

from collections import Counter
from dataclasses import dataclass, field
from types import SimpleNamespace

import pandas as pd
import streamlit as st

from ocr_core.corpus import Corpus, CorrectionStep
from ocr_core.corpus.group_corrections import replacements_of
from ocr_core.mining import Selection
from ocr_core.mining.form_groups import ANY, OTHERS, FormGroup, form_groups
from ocr_core.mining.misreadings import (
    FOREIGN_ACCENT,
    INNER_CAPITAL,
    FormOccurrence,
)
from ocr_core.mining.progress import ReportProgress

from ..corpus.missing import say_missing_scans
from ..i18n import gettext
from ..session.session import Session
from ..ui.column_help import explained
from ..ui.widgets import plain
from .strips import line_strip
from .token_cache import TokenCache

ROW_HEIGHT = 56
MAX_FORMS = 6  # named in the heading of a group

GroupKey = tuple[str, str, int]  # as `FormGroup.key`
FormPairs = tuple[tuple[str, str], ...]  # each form, and the word it is not

state = st.session_state


@dataclass
class Decisions:
    """What was decided of the groups so far; nothing is corrected yet.

    `decided` are the keys of the groups in order, `accepted` the occurrences to
    correct, `refused` the forms that are right, each with its word.
    """

    decided: list[GroupKey] = field(default_factory=list)
    accepted: dict[GroupKey, list[FormOccurrence]] = field(default_factory=dict)
    refused: dict[GroupKey, FormPairs] = field(default_factory=dict)

    @property
    def occurrences(self) -> list[FormOccurrence]:
        """All occurrences to correct."""
        return [each for occurrences in self.accepted.values() for each in occurrences]


def form_groups_view(session: Session, cache: TokenCache, selection: Selection) -> None:
    """Show one group after the other, and correct the accepted ones together."""
    handle = session.corpus_handle
    if selection.filter.text == "raw":
        st.info(
            gettext("Choose the corrected text in the filter to correct misread forms.")
        )
        return
    groups = found_groups(session, cache, selection)
    decisions = decisions_of(session)
    if done := state.pop("forms_done", ""):
        st.success(done, icon=":material/check:")
    waiting = [each for each in groups if each.key not in decisions.decided]
    if form := state.get("form_first"):
        waiting.sort(key=lambda group: not has_form(group, form))
    if not groups:
        st.info(
            gettext(
                "No form of the corpus is probably misread. Type a word to see what is "
                "like it."
            )
        )
    elif waiting:
        show_group(session, waiting[0], decisions, len(waiting))
    else:
        st.info(gettext("All groups are decided."))
    offer_steps(session, cache, decisions, handle.ask(Corpus.correction_steps))


def decisions_of(session: Session) -> Decisions:
    """Return what was decided of the groups of the open corpus."""
    path, found = state.get("form_decisions", ("", Decisions()))
    if path != str(session.corpus_handle.path):
        found = Decisions()
    state.form_decisions = (str(session.corpus_handle.path), found)
    return found


def has_form(group: FormGroup, form: str) -> bool:
    """Return whether a form, or a word, is in a group."""
    return any(form.lower() in map(str.lower, pair) for pair in group.pairs)


def found_groups(
    session: Session, cache: TokenCache, selection: Selection
) -> list[FormGroup]:
    """Return the groups of the selection, by the corrections made so far."""

    def find(progress: ReportProgress) -> list[FormGroup]:
        confusions, refused = session.corpus_handle.ask(
            lambda corpus: (corpus.confusions(), corpus.refused_forms())
        )
        return form_groups(
            selection.tokens,
            confusions,
            refused=refused,
            wanted=selection.filter,
            progress=progress,
        )

    title = gettext("Looking for misread forms…")
    return cache.long(("form groups", selection.filter), title, find)


def show_group(
    session: Session, group: FormGroup, decisions: Decisions, left: int
) -> None:
    """Show places of a group, and ask whether to correct it."""
    st.markdown(f"#### {heading(group)}")
    documents = len({each.doc_id for each in group.occurrences})
    st.caption(
        gettext(
            "Compare each form with its scan. Places: {places}; documents: "
            "{documents}. Correcting all puts about {expected:.1f} words right. Groups "
            "left: {left}.",
            left=left,
            places=len(group.occurrences),
            documents=documents,
            expected=group.expected,
        )
    )
    ask_decision(session, group, decisions, ask_occurrences(session, group))


def ask_decision(
    session: Session, group: FormGroup, decisions: Decisions, ticked: list[bool]
) -> None:
    """Ask whether a group is corrected at the places that are ticked."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            gettext("Accept"),
            key="accept_forms",
            type="primary",
            icon=":material/check:",
            shortcut="y",
            disabled=not any(ticked),
            on_click=decide,
            args=(decisions, group, ticked),
            help=gettext(
                "The most doubtful places are shown. The word is corrected at every "
                "place of the forms that are ticked; of forms that are not shown too "
                "if at least four of five places are ticked."
            ),
        )
        st.button(
            gettext("Refuse"),
            key="refuse_forms",
            icon=":material/close:",
            shortcut="n",
            on_click=refuse,
            args=(session, decisions, group),
            help=gettext("The forms are right, and are not proposed again."),
        )
        st.button(
            gettext("Later"),
            key="skip_forms",
            icon=":material/skip_next:",
            shortcut="l",
            on_click=decide,
            args=(decisions, group, []),
            help=gettext("The group is proposed again another time."),
        )
        st.button(
            gettext("Back to the group before"),
            key="forms_back",
            icon=":material/undo:",
            disabled=not decisions.decided,
            on_click=go_back,
            args=(session, decisions),
        )


def heading(group: FormGroup) -> str:
    """Return the word or confusion of a group, and its commonest forms."""
    counts = Counter(each.pair for each in group.occurrences)
    forms = ", ".join(
        f"{plain(form)} → {plain(word)} ({counts[form, word]})"
        if group.confusion
        else f"{plain(form)} ({counts[form, word]})"
        for form, word in group.pairs[:MAX_FORMS]
    )
    if len(group.pairs) > MAX_FORMS:
        forms += " …"
    if not group.confusion:
        return f"{plain(group.word)} ← {forms}"
    printed, read = map(plain, group.confusion)
    if group.confusion == FOREIGN_ACCENT:
        title = gettext("Accents that the language does not have")
    elif group.confusion == INNER_CAPITAL:
        title = gettext("Capitals inside words")
    elif group.confusion == ("", ANY):
        title = gettext("A letter too many")
    elif group.confusion == (ANY, ""):
        title = gettext("A letter lost")
    elif group.confusion == OTHERS:
        title = gettext("Rare confusions")
    elif not printed:
        title = gettext("Letter “{read}” added", read=read)
    elif not read:
        title = gettext("Letter “{printed}” lost", printed=printed)
    else:
        title = gettext("“{printed}” read as “{read}”", printed=printed, read=read)
    return f"{title}: {forms}"


def ask_occurrences(session: Session, group: FormGroup) -> list[bool]:
    """Show places of a group with their scans; return which of them are ticked."""
    occurrences = group.shown
    strips = [scan_of(session, each) for each in occurrences]
    say_missing_scans(
        session.corpus_handle,
        (
            (each.doc_id, each.page_num)
            for each, strip in zip(occurrences, strips, strict=True)
            if strip is None
        ),
    )
    names = gettext("read as"), gettext("corrected to"), gettext("document")
    table = pd.DataFrame(
        {
            "correct": True,
            "scan": strips,  # beside the tick, also on a phone
            names[0]: [each.form for each in occurrences],
            names[1]: [each.replacement for each in occurrences],
            "conf": [each.conf for each in occurrences],
            names[2]: [each.doc_id for each in occurrences],
        }
    )
    edited: pd.DataFrame = st.data_editor(
        table,
        key=f"places {group.key}",
        hide_index=True,
        row_height=ROW_HEIGHT,
        disabled=["scan", "conf", *names],
        column_config=explained(
            table,
            {
                "correct": st.column_config.CheckboxColumn(
                    gettext("correct"), width=80
                ),
                "scan": st.column_config.ImageColumn(gettext("as scanned"), width=300),
                "conf": st.column_config.ProgressColumn(
                    gettext("confidence"), min_value=0, max_value=100, format="%d"
                ),
            },
        ),
    )
    return [bool(each) for each in edited["correct"]]


def scan_of(session: Session, occurrence: FormOccurrence) -> str | None:
    """Return the URL of the scan of a place."""
    row = SimpleNamespace(
        doc_id=occurrence.doc_id,
        page_num=occurrence.page_num,
        word_index=occurrence.word_index,
        last_word_index=occurrence.word_index,
        hyphenated=False,
    )
    return line_strip(session, row)


def decide(decisions: Decisions, group: FormGroup, ticked: list[bool]) -> None:
    """Accept what the ticked places speak for; none leaves the group for later."""
    occurrences = group.accepted(ticked) if any(ticked) else []
    decisions.decided.append(group.key)
    if occurrences:
        decisions.accepted[group.key] = occurrences


def refuse(session: Session, decisions: Decisions, group: FormGroup) -> None:
    """Record that the forms of a group are right."""
    session.corpus_handle.ask(lambda corpus: corpus.refuse_forms(group.pairs))
    decisions.decided.append(group.key)
    decisions.refused[group.key] = group.pairs


def go_back(session: Session, decisions: Decisions) -> None:
    """Take the last decision back."""
    key = decisions.decided.pop()
    decisions.accepted.pop(key, None)
    if pairs := decisions.refused.pop(key, ()):
        session.corpus_handle.ask(
            lambda corpus: corpus.refuse_forms(pairs, refused=False)
        )


def offer_steps(
    session: Session,
    cache: TokenCache,
    decisions: Decisions,
    steps: list[CorrectionStep],
) -> None:
    """Offer to correct what was accepted, and to undo the latest step."""
    occurrences = decisions.occurrences
    if not occurrences and not steps:
        return
    st.divider()
    with st.container(horizontal=True, vertical_alignment="center"):
        if occurrences:
            st.button(
                gettext("Correct {count} words", count=f"{len(occurrences):,}"),
                key="correct_forms",
                type="primary",
                icon=":material/done_all:",
                on_click=correct_all,
                args=(session, cache, decisions),
                help=gettext(
                    "All accepted groups, as one step that you can undo. Each word "
                    "counts as corrected by hand."
                ),
            )
            expected = sum(each.chance for each in occurrences)
            st.caption(
                gettext(
                    "Groups accepted: {groups}. Not corrected yet; it will put about "
                    "{expected:.0f} words right.",
                    groups=len(decisions.accepted),
                    expected=expected,
                )
            )
        if steps:
            st.button(
                gettext("Undo: {title}", title=plain(steps[0].title)),
                key="undo_forms",
                icon=":material/undo:",
                on_click=undo_latest,
                args=(session, cache),
                help=gettext(
                    "Takes back {count} corrections that were made together.",
                    count=steps[0].words,
                ),
            )


def correct_all(session: Session, cache: TokenCache, decisions: Decisions) -> None:
    """Correct the accepted places as one step."""
    occurrences = decisions.occurrences
    names = list(dict.fromkeys(name for _, name, _ in decisions.accepted))
    title = ", ".join(names[:3]) + (" …" if len(names) > 3 else "")
    count = session.corpus_handle.ask(
        lambda corpus: corpus.replace_forms(replacements_of(occurrences), title)
    )
    state.forms_done = gettext(
        "{count} words corrected, about {expected:.0f} of them put right.",
        count=f"{count:,}",
        expected=sum(each.chance for each in occurrences),
    )
    state.pop("form_decisions", None)
    cache.leave()


def undo_latest(session: Session, cache: TokenCache) -> None:
    """Undo the latest step."""
    step = session.corpus_handle.ask(Corpus.undo_step)
    if step is not None:
        state.forms_done = gettext(
            "{count} corrections are undone.", count=f"{step.words:,}"
        )
    state.pop("form_decisions", None)
    cache.leave()
