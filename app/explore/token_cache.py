"""Token cache: the tokens of the open corpus, computed in the background."""

import contextlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from weakref import WeakKeyDictionary, WeakValueDictionary

from ocr_core.corpus import Corpus
from ocr_core.errors import CancelledError
from ocr_core.mining import Filter, Selection, Tokens, select
from ocr_core.mining.lemmas import lemmas

from ..session.corpus_handle import CorpusHandle

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


@dataclass
class TokenizeJob:
    """A running tokenization: the number of pages done, and the total."""

    stamp: Stamp
    done: int = 0
    total: int = 0
    tokens: Tokens | None = None
    fault: Exception | None = None
    ended: threading.Event = field(default_factory=threading.Event)
    unwanted: bool = False

    def report(self, done: int, total: int) -> None:
        """Record the progress; stop if the job was cancelled."""
        if self.unwanted:
            raise CancelledError("The corpus was changed.")
        self.done, self.total = done, total

    def run(self, corpus_handle: CorpusHandle, raw: bool) -> None:
        """Tokenize the pages that have no tokens yet."""
        try:
            with corpus_handle.open() as corpus:
                self.tokens = corpus.tokens(raw=raw, progress=self.report)
                _in_use.setdefault(corpus_handle, _InUse()).tokens[self.stamp] = (
                    self.tokens
                )
        except Exception as fault:
            self.fault = fault
        self.ended.set()
        if self.tokens:
            self.look_ahead(self.tokens)

    def look_ahead(self, tokens: Tokens) -> None:
        """Prepare slow imports and lemmas after the first view is drawn."""
        time.sleep(REST_SECONDS)
        import scipy.stats  # noqa: F401  # for the test that compares parts
        import sklearn.decomposition  # noqa: F401  # for topics

        for language in tokens.languages:
            if self.unwanted:
                return
            lemmas(tokens, language)


class TokenCache:
    """The tokens of one session's corpus, and the tables computed from them.

    Sessions with the same corpus have the same tokens and selections.
    """

    def __init__(self) -> None:
        self._job: TokenizeJob | None = None
        self._shared = _InUse()
        self._selections: OrderedDict[Any, Selection] = OrderedDict()
        self._tables: OrderedDict[Any, Any] = OrderedDict()

    def tokens(self, corpus_handle: CorpusHandle, raw: bool) -> Tokens | TokenizeJob:
        """Return the tokens of the current corpus, or the job that computes them.

        Raises
        ------
        OcrError
            If the corpus cannot be read.
        """
        stamp = (corpus_handle.path, raw, corpus_handle.ask(Corpus.content_stamp))
        job = self._job
        if job is None or job.stamp != stamp:
            self.leave()
            self._shared = _in_use.setdefault(corpus_handle, _InUse())
            known = self._shared.tokens.get(stamp)
            job = self._job = TokenizeJob(stamp, tokens=known)
            if known is None:
                threading.Thread(
                    target=job.run,
                    args=(corpus_handle, raw),
                    name="tokens",
                    daemon=True,
                ).start()
                job.ended.wait(WAIT_SECONDS)
        if job.fault:
            self._job = None
            raise job.fault
        return job if job.tokens is None else job.tokens

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

    def leave(self) -> None:
        """Clear the cache and cancel the running job."""
        if self._job:
            self._job.unwanted = True
        self._job = None
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
