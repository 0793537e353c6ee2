"""Project runs: recognize all documents of a project into its corpus."""

import contextlib
import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from ocr_core.documents.discovery import page_filter
from ocr_core.errors import InputError, OutputError, SettingsError
from ocr_core.execution.batch import failed_page
from ocr_core.messages import Message
from ocr_core.page import PageRef, PageResult
from ocr_core.settings import Settings

from . import pools
from .batch_run import KnownPage, Run, RunPlan, follow
from .corpus_handle import unused_names
from .project import Project
from .project_library import close_unused
from .run_page import RunPage


def start_run(
    project: Project,
    settings: Settings,
    choice: Mapping[str, str] | None = None,
    done: Callable[[Settings], Sequence[PageResult]] = lambda settings: (),
) -> Run:
    """Start a run over documents, and return the run.

    Parameters
    ----------
    settings : Settings
        The settings for all documents, except for the languages chosen for some.
    choice : mapping of str to str, optional
        The documents to recognize, by key, with the pages of each as in ``1-3,7``; ""
        means all pages. By default, all pages of all documents.
    done : callable
        Returns the existing results with some settings.

    Raises
    ------
    SettingsError
        If a page range is invalid, or a document has none of its pages.
    """
    project.stop_run()
    run = Run(settings, f"run {secrets.token_urlsafe(16)}")
    chosen: dict[str, set[int]] = {}
    work: list[PageRef] = []
    refs = corpus_refs(project)
    for key, pages in (choice or dict.fromkeys(project.documents.uploads, "")).items():
        upload, ref = project.documents.uploads[key], refs[key]
        run.own[ref.path] = upload.own_settings(settings)
        wanted = page_filter(pages or None)
        numbers = [n for n in range(1, upload.pages + 1) if wanted(n)]
        if upload.pages and not numbers:
            raise SettingsError(
                "{0} has none of the pages {1}.",
                upload.label,
                pages,
                hint=Message("Its last page is {0}.", upload.pages),
            )
        run.total += max(1, len(numbers))
        if upload.error and not upload.path.exists():
            fault = InputError(upload.error)
            failure = failed_page(ref, run.own[ref.path], fault)
            run.results.append(RunPage.of(failure))
        else:
            chosen[ref.path] = set(numbers)
            work.append(ref)
    run.order = {ref.path: index for index, ref in enumerate(refs.values())}
    _record_start(project, run, choice)
    opened = {key: ref for key, ref in refs.items() if ref.path in chosen}
    known = _known(project, run, opened, done)
    plan = RunPlan(work, lambda ref, n: n in chosen[ref.path], known)
    follow_in_thread(project, run, plan)
    return run


def retry_failed(project: Project) -> None:
    """Retry the failed pages whose document still exists."""
    run = project.run
    if run is None or run.busy:
        return
    again = run.retryable
    pages = {(each.ref.path, each.ref.number) for each in again}
    whole = {path for path, number in pages if not number}
    refs = {each.ref.path: replace(each.ref, number=0) for each in again}
    run.start_again([e for e in run.results if (e.ref.path, e.ref.number) not in pages])
    plan = RunPlan(
        list(refs.values()),
        lambda ref, n: ref.path in whole or (ref.path, n) in pages,
        again=True,
    )
    follow_in_thread(project, run, plan)


def resume_run(
    project: Project, done: Callable[[Settings], Sequence[PageResult]]
) -> Run:
    """Resume a run that was interrupted by a shutdown.

    Raises
    ------
    OcrError
        If it cannot be started.
    """
    interrupted = project.interrupted or {}
    choice = interrupted.get("choice")
    if choice is not None:
        choice = {
            key: pages
            for key, pages in choice.items()
            if key in project.documents.uploads
        }
    settings = Settings.from_flat(interrupted.get("recipe", {}))
    return start_run(project, settings, choice, done)


def corpus_refs(project: Project) -> dict[str, PageRef]:
    """Return a reference to each document, with its name in the corpus."""
    refs = project.documents.refs()
    if project.corpus_handle.begun:
        rows = project.corpus_handle.ask(lambda corpus: corpus.rows())
        names = unused_names(refs, {row.doc_id for row in rows})
        refs = {key: replace(ref, doc_id=names[key]) for key, ref in refs.items()}
    return refs


def _known(
    project: Project,
    run: Run,
    refs: Mapping[str, PageRef],
    done: Callable[[Settings], Sequence[PageResult]],
) -> list[KnownPage]:
    """List the documents with their existing results."""
    known = []
    for key, ref in refs.items():
        upload = project.documents.uploads[key]
        results = done(run.own[ref.path])
        read = [each for each in results if each.ref.path == str(upload.path)]
        if upload.sha256:
            known.append(KnownPage(ref, upload.sha256, upload.pages, read))
    return known


def follow_in_thread(project: Project, run: Run, plan: RunPlan) -> None:
    """Run a plan in a background thread."""
    threading.Thread(
        target=read_project, args=(project, run, plan), name="run", daemon=True
    ).start()


def read_project(project: Project, run: Run, work: RunPlan) -> None:
    """Run a plan for a project; the main function of the run's thread."""
    follow(run, project.corpus_handle, work, pools.page_pool())
    _record_end(project, run)
    close_unused(project)


def _record_start(project: Project, run: Run, choice: Mapping[str, str] | None) -> None:
    """Record a run, so that it can be resumed after a crash."""
    project.run = run
    progress = {
        "recipe": run.settings.flat(),
        "choice": None if choice is None else dict(choice),
    }
    with contextlib.suppress(OutputError):  # reported when the screen is drawn
        project.note(run=progress)


def _record_end(project: Project, run: Run) -> None:
    """Record the end of a run; unless the user cancelled it, it can be resumed."""
    called_off = run.cancelled and not run.stopped
    if run is project.run and not run.fault and not called_off:
        with contextlib.suppress(OutputError):
            project.note(run=None)
