"""Token cache: the tokens of the open corpus, computed in the background."""

import contextlib
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Thread
from typing import Any, TypeVar
from weakref import WeakKeyDictionary, WeakValueDictionary, finalize, ref

from ocr_core.corpus import Corpus
from ocr_core.mining import Filter, Selection, Tokens, select
from ocr_core.mining.lemmas import lemmas
from ocr_core.mining.progress import ReportProgress

from ..i18n import gettext
from ..session.corpus_handle import CorpusHandle
from .background import LongJob, LongJobs

WAIT_SECONDS = 1.5  # enough for most corpora: no progress bar is shown
REST_SECONDS = 10.0  # the first view of a large corpus can take seconds
SELECTIONS = 4  # each takes about 0.1 GB for ten million tokens
KEPT = 40  # tables; the oldest are dropped first
Stamp = tuple[Any, ...]
Answer = TypeVar("Answer")


class _InUse:
    """What sessions have of a corpus: those of this process share it."""

    def __init__(self) -> None:
        self.tokens: WeakValueDictionary[Stamp, Tokens] = WeakValueDictionary()
        self.selections: WeakKeyDictionary[
            Tokens, WeakValueDictionary[Filter, Selection]
        ] = WeakKeyDictionary()


_in_use: WeakKeyDictionary[CorpusHandle, _InUse] = WeakKeyDictionary()


def look_ahead(tokens: Tokens, unwanted: Callable[[], bool]) -> None:
    """Prepare slow imports and lemmas after the first view is drawn."""
    time.sleep(REST_SECONDS)
    import scipy.stats  # noqa: F401  # for the test that compares parts
    import sklearn.decomposition  # noqa: F401  # for topics

    for language in tokens.languages:
        if unwanted():
            return
        lemmas(tokens, language)


class TokenCache:
    """The tokens of one session's corpus, and the tables computed from them.

    Sessions with the same corpus have the same tokens and selections.
    """

    def __init__(self) -> None:
        self.jobs = LongJobs()
        self._stamp: Stamp = ()
        self._tokens: Tokens | None = None
        self._shared = _InUse()
        self._selections: OrderedDict[Any, Selection] = OrderedDict()
        self._tables: OrderedDict[Any, Any] = OrderedDict()
        finalize(self, self.jobs.clear)  # of a session that has ended

    def tokens(self, corpus_handle: CorpusHandle, raw: bool) -> Tokens:
        """Return the tokens of the current corpus.

        Raises
        ------
        StillRunning
            While they are being made.
        OcrError
            If the corpus cannot be read.
        """
        stamp = (corpus_handle.path, raw, corpus_handle.ask(Corpus.content_stamp))
        if self._stamp != stamp:
            self.leave()
            self._stamp = stamp
            self._shared = _in_use.setdefault(corpus_handle, _InUse())
            self._tokens = self._shared.tokens.get(stamp)
        if self._tokens is None:
            self._tokens = self._made_tokens(corpus_handle, raw)
        return self._tokens

    def _made_tokens(self, corpus_handle: CorpusHandle, raw: bool) -> Tokens:
        stamp, shared, made = self._stamp, self._shared.tokens, ref(self)

        def unwanted() -> bool:
            cache = made()
            return cache is None or cache._stamp != stamp

        def make(progress: ReportProgress) -> Tokens:
            with corpus_handle.open() as corpus:
                tokens = shared[stamp] = corpus.tokens(raw=raw, progress=progress)
            Thread(target=look_ahead, args=(tokens, unwanted), daemon=True).start()
            return tokens

        tokens: Tokens = self._result(
            ("tokens", *stamp),
            gettext("Preparing the words of the pages…"),
            make,
            gettext("The tokens of the documents done so far are kept."),
        )
        return tokens

    def selection(self, tokens: Tokens, wanted: Filter) -> Selection:
        """Return the selection of a filter, from the cache if possible."""

        def made() -> Selection:
            shared = self._shared.selections.setdefault(tokens, WeakValueDictionary())
            found = shared.get(wanted)
            if found is None:
                found = shared[wanted] = select(tokens, wanted)
            return found

        return _once(self._selections, wanted, made, SELECTIONS)

    def without_stop_words(self, selection: Selection) -> Selection:
        """Return the same selection without stop words."""
        wanted = selection.filter.model_copy(update={"stop_words": "drop"})
        return self.selection(selection.tokens, wanted)

    def once(self, key: Any, make: Callable[[], Answer]) -> Answer:
        """Return the value of a key, computing it if it is not cached."""
        return _once(self._tables, key, make, KEPT)

    def long(
        self,
        key: tuple[Hashable, ...],
        title: str,
        make: Callable[[ReportProgress], Answer],
    ) -> Answer:
        """Return the value of a key as `once` does, computing it in the background.

        Parameters
        ----------
        key
            Its first item is the kind of work: one of a kind is done at a time.
        title
            What is done, for the user.
        make
            Called with the function to which it reports its progress.

        Raises
        ------
        StillRunning
            If it takes longer than `WAIT_SECONDS`.
        """
        kept = gettext("Nothing of it is kept; whatever was found before is.")
        return self.once(key, lambda: self._result(key, title, make, kept))

    def _result(
        self,
        key: tuple[Hashable, ...],
        title: str,
        make: Callable[[ReportProgress], Answer],
        kept: str,
    ) -> Answer:
        found: Answer = self.jobs.result(LongJob(key, title, make, kept), WAIT_SECONDS)
        return found

    def leave(self) -> None:
        """Clear the cache and stop the running jobs."""
        self.jobs.clear()
        self._stamp, self._tokens = (), None
        self._selections.clear()
        self._tables.clear()


def _once(
    made: OrderedDict[Any, Any], key: Any, make: Callable[[], Answer], most: int
) -> Answer:
    if key in made:
        made.move_to_end(key)
    else:
        made[key] = make()
        while len(made) > most:
            made.popitem(last=False)
    answer: Answer = made[key]
    return answer


def token_cache_of(state: Any) -> TokenCache:
    """Return the token cache of a session."""
    with contextlib.suppress(KeyError):
        cache: TokenCache = state["token_cache"]
        return cache
    state["token_cache"] = TokenCache()
    return token_cache_of(state)
