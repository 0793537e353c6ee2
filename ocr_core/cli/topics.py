"""Topics: commands for the topics, vocabulary and reliability of a corpus."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ocr_core.cli.mining import SAMPLING, mining, selected, warn_of_languages
from ocr_core.cli.options import (
    RenamedOption,
    corpus_argument,
    limit_option,
    named,
    number_option,
)
from ocr_core.cli.progress import echo_error
from ocr_core.errors import InputError, SettingsError
from ocr_core.messages import Message
from ocr_core.page import DOUBTFUL, composed

if TYPE_CHECKING:
    import pandas as pd

    from ocr_core.corpus import Corpus
    from ocr_core.mining import Selection
    from ocr_core.mining.analyses import Analysis
    from ocr_core.mining.topics import Method, Unit

TRUTH = ".gt.txt"


@click.command()
@corpus_argument
@number_option("--topics", 10, "How many topics.", 2, 200, name="count")
@click.option(
    "--method",
    type=click.Choice(["nmf", "lda"]),
    default="nmf",
    show_default=True,
    help="Matrix factorisation (NMF), better for short texts, or latent Dirichlet "
    "allocation (LDA).",
)
@click.option(
    "--unit",
    type=click.Choice(["document", "page"]),
    default="document",
    show_default=True,
    help="What counts as one text.",
)
@number_option("--top", 10, "Top words of each topic.", 1, 1000)
@click.option("--seed", type=click.IntRange(0, 2**31), default=0, help="Random seed.")
@number_option(
    "--runs", 5, "Number of other seeds to compare with, for the stability.", 0, 100
)
@click.option("--shares", is_flag=True, help="List each text's share of each topic.")
@click.option(
    "--over", default="", help="List the mean shares by a column of metadata instead."
)
@mining
def topics(
    corpus: str,
    count: int,
    method: "Method",
    unit: "Unit",
    top: int,
    seed: int,
    runs: int,
    shares: bool,
    over: str,
    **flags: Any,
) -> "pd.DataFrame":
    """Find topics of CORPUS: groups of words that occur in the same texts."""
    from ocr_core.mining import topics as topic_models

    selection = warn_of_languages(selected(corpus, flags))
    if over:
        check_column(selection, over)
    found = topic_models.topics(
        selection,
        count,
        method=method,
        unit=unit,
        seed=seed,
        words=top,
        runs=0 if shares or over else runs,
    )
    if found.sampling:
        click.get_current_context().meta[SAMPLING] = found.sampling
        echo_error(found.sampling)
    if over:
        values = selection.tokens.metadata[over]
        return topic_models.topic_trends(found.documents, values)
    if shares:
        return found.documents
    if found.mean_stability is not None:
        echo_error(f"Mean stability over seeds: {found.mean_stability:.2f} of 1.")
    return found.words.merge(found.stability, on="topic", how="left")


def check_column(selection: "Selection", column: str) -> None:
    """Raise SettingsError if a corpus has no such column of metadata."""
    if column not in selection.tokens.metadata:
        raise SettingsError(
            "No document has metadata called {0}.",
            column,
            hint=Message("Known: {0}.", ", ".join(selection.tokens.metadata) or "none"),
        )


@click.command()
@corpus_argument
@number_option("--clusters", 4, "How many clusters.", 2, 100, name="count")
@click.option("--sizes", is_flag=True, help="List each cluster, with its words.")
@mining
def clusters(corpus: str, count: int, sizes: bool, **flags: Any) -> "pd.DataFrame":
    """Group the documents of CORPUS by their words, with coordinates for a map."""
    from ocr_core.mining.clustering import clusters as found_clusters

    found = found_clusters(warn_of_languages(selected(corpus, flags)), count)
    if found.left_out:
        echo_error(f"Left out: the {found.left_out} documents with the fewest words.")
    return found.words if sizes else found.documents


@click.command()
@corpus_argument
@click.argument("document")
@limit_option(10, "Maximum number of documents.")
@mining
def similar(corpus: str, document: str, limit: int, **flags: Any) -> "pd.DataFrame":
    """List the documents of CORPUS whose words are most like those of DOCUMENT."""
    from ocr_core.mining import topics as topic_models

    selection = warn_of_languages(selected(corpus, flags))
    return topic_models.similar(selection, document, limit or len(selection.documents))


@click.command()
@corpus_argument
@click.argument("term")
@click.option(
    "--counts",
    "counting",
    is_flag=True,
    help="Count TERM alone, and with the variants that are selected.",
)
@click.option(
    "--truth",
    type=click.Path(),
    help="A folder of ground truth, a text for each document: DOC_ID.gt.txt.",
)
@click.option(
    "--confirm",
    is_flag=True,
    help="Count the selected variants as TERM in all views from now on.",
)
@click.option(
    "--form",
    "forms",
    multiple=True,
    help="With --confirm: these forms instead of those selected; '' stands for none.",
)
@limit_option(50, "Maximum number of variants.")
@mining
def variants(
    corpus: str,
    term: str,
    counting: bool,
    truth: str | None,
    confirm: bool,
    forms: tuple[str, ...],
    limit: int,
    **flags: Any,
) -> "pd.DataFrame":
    """List words that may be misread forms of TERM, the most likely first.

    Which letters are confused is learnt from the corrections in CORPUS and from ground
    truth.
    """
    from ocr_core.corpus import Corpus
    from ocr_core.mining.variants import counts, learn, variants

    with Corpus(corpus) as open_corpus:
        pairs = [(each.original, each.text) for each in open_corpus.corrections()]
        if truth:
            pairs += _taught(open_corpus, Path(truth))
    selection = selected(corpus, flags)
    most = limit or len(selection.vocabulary) + 1
    found = variants(selection, term, learn(pairs), most)
    if confirm:
        selected_forms = forms or tuple(found["term"][found["selected"]])
        with Corpus(named(corpus), write=True) as open_corpus:
            open_corpus.confirm_misread(term, [form for form in selected_forms if form])
    if counting:
        return counts(selection, term, found["term"][found["selected"]])
    return found


def _taught(open_corpus: "Corpus", folder: Path) -> list[tuple[str, str]]:
    """Return pairs of a misread word and its ground truth from a folder."""
    from ocr_core.mining.variants import word_pairs

    read: dict[str, list[str]] = {}
    files = {composed(each.name): each for each in folder.glob(f"*{TRUTH}")}
    for row in open_corpus.rows():
        if composed(f"{row.doc_id}{TRUTH}") in files:
            text = open_corpus.original(row.doc_id, row.page_num).text
            read.setdefault(row.doc_id, []).append(text)
    if not read:
        raise InputError(
            f"{folder} holds no ground truth of a document of this corpus.",
            hint=f"Name each text after its document, as in scan{TRUTH}.",
        )
    pairs: list[tuple[str, str]] = []
    for doc_id, texts in read.items():
        try:
            file = files[composed(f"{doc_id}{TRUTH}")]
            right = file.read_text("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{doc_id}{TRUTH} cannot be read as UTF-8.") from error
        pairs += word_pairs("\n".join(texts), right)
    echo_error(f"{len(pairs)} words of {len(read)} documents differ from their truth.")
    return pairs


@click.command()
@corpus_argument
@mining
def diversity(corpus: str, **flags: Any) -> "pd.DataFrame":
    """Measure the lexical diversity of each document of CORPUS, and of all."""
    from ocr_core.mining.diversity import diversity

    return diversity(selected(corpus, flags))


@click.command()
@corpus_argument
@mining
def readability(corpus: str, **flags: Any) -> "pd.DataFrame":
    """Measure how hard the documents of CORPUS are to read, by LIX and Flesch.

    The filter chooses documents and pages; all their words are counted.
    """
    from ocr_core.mining.diversity import readability

    return readability(selected(corpus, flags))


@click.command()
@corpus_argument
@number_option("--points", 200, "Maximum number of rows.", 2, 100_000)
@mining
def vocabulary_growth(corpus: str, points: int, **flags: Any) -> "pd.DataFrame":
    """Count the distinct words of CORPUS as its text grows, in reading order."""
    from ocr_core.mining.diversity import vocabulary_growth

    found = vocabulary_growth(selected(corpus, flags), points)
    echo_error(f"Heaps' law: types = {found.k:.4g} * tokens ^ {found.beta:.4g}.")
    return found.table


@click.command()
@corpus_argument
@click.option(
    "--conf-threshold",
    cls=RenamedOption,
    former=["--cut"],
    type=click.FloatRange(0, 100),
    default=DOUBTFUL,
    show_default=True,
    help="Confidence below which a word is doubtful.",
)
@click.option("--by", "column", help="Compare documents by a column of metadata.")
@click.option(
    "--analysis",
    type=click.Choice(["words", "collocates", "keyness", "topics", "trend"]),
    help="Simulate recognition errors, and say how much of this analysis they change: "
    "the commonest words, the words around --query, the keywords of --against, the top "
    "words of five topics, or the frequency of --query for each value of --by.",
)
@click.option("--query", default="", help="The word that is analysed.")
@click.option(
    "--against", default="", help="A part of the documents, as in year=1890..1899."
)
@click.option(
    "--cer",
    type=click.FloatRange(0, 0.5),
    help="Character error rate, as from an audit.  [default: by the confidences]",
)
@mining
def reliability(
    corpus: str,
    conf_threshold: float,
    column: str | None,
    analysis: "Analysis | None",
    query: str,
    against: str,
    cer: float | None,
    **flags: Any,
) -> "pd.DataFrame":
    """Measure how well CORPUS was read; with --by, whether its parts differ in that.

    Parts are compared by the Kruskal-Wallis test over the documents' mean quality. With
    --analysis the rows are the terms of an analysis, with the band of their figures
    and in how many simulations they stay among the first 50.
    """
    from dataclasses import asdict

    import pandas as pd

    from ocr_core.mining.reliability import groups_differ, measure_reliability

    selection = selected(corpus, flags)
    if analysis:
        return analysed(selection, analysis, query, against, column or "", cer)
    if column is None:
        return pd.DataFrame(
            [asdict(measure_reliability(selection, conf_threshold=conf_threshold))]
        )
    found = groups_differ(selection, column)
    if found.p_value is not None and found.effect is not None:
        echo_error(
            f"Kruskal-Wallis: p = {found.p_value:.4g}; effect (epsilon squared, 0 to "
            f"1) = {found.effect:.3f}."
        )
    echo_error(found.warning or "No difference in quality shows between the parts.")
    return found.parts


def analysed(
    selection: "Selection",
    name: "Analysis",
    query: str,
    condition: str,
    column: str,
    cer: float | None,
) -> "pd.DataFrame":
    """Return the terms of an analysis with their bands, and print the verdict."""
    from ocr_core.mining.analyses import analysis
    from ocr_core.mining.form_groups import form_groups
    from ocr_core.mining.stability import stability

    view = analysis(name, selection, query=query, condition=condition, column=column)
    groups = form_groups(selection.tokens, wanted=selection.filter)
    found = stability(selection, view, cer=cer, groups=groups)
    echo_error(str(found.sentence))
    return found.table


COMMANDS = (
    topics,
    clusters,
    similar,
    variants,
    diversity,
    readability,
    vocabulary_growth,
    reliability,
)
