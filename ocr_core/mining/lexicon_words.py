"""Lexicon words: words that the corpus lacks, and that a form may be misread from."""

from collections.abc import Iterable, Iterator, Sequence

from ocr_core.mining.variants import Confusions
from ocr_core.text.lexicons import is_listed_so

MIN_LETTERS = 4  # of a form: nearly all shorter ones are beside a word by chance


def one_confusion_away(
    forms: Sequence[str], lexicons: Sequence[str], confusions: Confusions
) -> Iterator[tuple[int, str]]:
    """Yield the index of a form and a word of a lexicon that is one confusion from it.

    Forms and words are in lower case; proper names of a lexicon are left out.
    """
    printed: dict[str, list[str]] = {}
    for word_part, read in confusions:
        printed.setdefault(read, []).append(word_part)
    printed.pop("", None)
    lengths = sorted({len(read) for read in printed})
    for index, form in enumerate(forms):
        if len(form) < MIN_LETTERS or not lexicons:
            continue
        words = {
            form[:at] + before + form[at + length :]
            for at in range(len(form))
            for length in lengths
            for before in printed.get(form[at : at + length], ())
            if at + length <= len(form)
        }
        for word in sorted(words_listed(words - {form}, lexicons)):
            yield index, word


def words_listed(words: Iterable[str], lexicons: Sequence[str]) -> set[str]:
    """Return the words that a lexicon has in just this case."""
    return {
        word for lexicon in lexicons for word in words if is_listed_so(word, lexicon)
    }
