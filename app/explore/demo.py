"""Demo: a corpus drawn by the app itself, so that there is something to explore."""

import shutil
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ocr_core.corpus.metadata import read_columns
from ocr_core.engines.tesseract import installed_languages
from ocr_core.errors import CancelledError, OcrError
from ocr_core.execution.batch import read_into
from ocr_core.messages import Message
from ocr_core.settings import Settings
from sample_images.demo import LANGUAGES, page_count, reading_language, write_demo

from ..session.batch_run import CancellablePool
from ..session.pools import page_pool
from ..session.project import Project
from ..session.project_library import close_unused
from ..session.session import sessions_folder

DRAW_SECONDS = 300


def demo_folder() -> Path:
    """Return a new folder for pages to be drawn in; it goes when they are read."""
    return Path(tempfile.mkdtemp(dir=sessions_folder()))


@dataclass
class Demo:
    """The drawing and reading of the demo corpus into a project of its own."""

    project: Project
    folder: Path  # where the pages are drawn
    done: int = 0  # pages drawn, and pages read
    total: int = field(default_factory=lambda: 2 * page_count())
    fault: str = ""
    stopped: bool = False
    began: float = field(default_factory=time.monotonic)
    ended: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self.project.background = self
        threading.Thread(target=self._run, name="demo", daemon=True).start()

    def stop(self) -> None:
        """End soon; what was read is kept."""
        self.stopped = True
        page_pool().cancel_owner(self.owner)

    @property
    def busy(self) -> bool:
        """Return whether it goes on."""
        return not self.ended.is_set()

    @property
    def seconds_left(self) -> float | None:
        """An estimate from the pages done so far; None while there is none."""
        took = time.monotonic() - self.began
        return took * (self.total - self.done) / self.done if self.done else None

    def _run(self) -> None:
        try:
            for language in LANGUAGES:
                if self.stopped:
                    break
                self._read(language, self._draw(language))
        except CancelledError:
            pass
        except OcrError as error:
            self.fault = str(error)
        except Exception as error:  # a thread's fault is seen by nobody else
            self.fault = Message("The corpus could not be drawn: {0}", error)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.ended.set()
        close_unused(self.project)

    def _draw(self, language: str) -> list[Path]:
        # In a worker: drawing would keep this process from answering anybody.
        task = self.pool.submit(
            drawn, self.folder, language, owner=self.owner, seconds=DRAW_SECONDS
        )
        paths: list[Path] = task.result()
        self.done += page_count([language])
        return paths

    def _read(self, language: str, paths: Sequence[Path]) -> None:
        keys = [f"demo {path.name}" for path in paths]
        for key, path in zip(keys, paths, strict=True):
            self.project.add(key, path.name, path.read_bytes())
        refs = self.project.refs()
        documents = [refs[key] for key in keys]
        read_with = reading_language(language, installed_languages())
        settings = Settings.from_flat({"language": read_with})
        with self.project.corpus_handle.open() as corpus:
            for _ in read_into(
                corpus, documents, settings, self.pool, owner=self.owner
            ):
                self.done += 1
            corpus.describe(read_columns(self.folder / "metadata.csv"))

    @property
    def pool(self) -> CancellablePool:
        """Who draws and reads, until this is stopped."""
        return CancellablePool(page_pool(), lambda: self.stopped)

    @property
    def owner(self) -> str:
        """Whose work it is."""
        return f"{self.project.owner} demo"


def drawn(folder: Path, language: str) -> list[Path]:
    """Draw the newspapers of one language; for a worker."""
    return write_demo(folder, languages=[language])
