"""Demo: a corpus drawn by the app itself, so that there is something to explore."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from app.jobs import Session, reading_pool
from app.run import Stoppable
from ocr_core.batch import read_into
from ocr_core.corpus.metadata import read_columns
from ocr_core.engines.tesseract import installed_languages
from ocr_core.errors import CancelledError, OcrError
from ocr_core.settings import Settings
from ocr_core.sources import find_documents
from sample_images.demo import LANGUAGES, page_count, reading_language, write_demo

DRAW_SECONDS = 300


@dataclass
class Demo:
    """The drawing and reading of the demo corpus into a session's own."""

    session: Session
    done: int = 0  # pages drawn, and pages read
    total: int = field(default_factory=lambda: 2 * page_count())
    fault: str = ""
    stopped: bool = False
    began: float = field(default_factory=time.monotonic)
    ended: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Begin, in a thread of its own."""
        threading.Thread(target=self._run, name="demo", daemon=True).start()

    def stop(self) -> None:
        """End soon; what was read is kept."""
        self.stopped = True
        reading_pool().cancel_owner(self.owner)

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
            self.fault = f"The corpus could not be drawn: {error}"
        self.ended.set()

    def _draw(self, language: str) -> list[Path]:
        # In a worker: drawing would keep this process from answering anybody.
        task = self.pool.submit(
            drawn, self.folder, language, owner=self.owner, seconds=DRAW_SECONDS
        )
        paths: list[Path] = task.result()
        self.done += page_count([language])
        return paths

    def _read(self, language: str, paths: Sequence[Path]) -> None:
        for path in paths:
            self.session.add(f"demo {path.name}", path.name, path.read_bytes())
        documents, _ = find_documents(paths)
        read_with = reading_language(language, installed_languages())
        settings = Settings.from_flat({"language": read_with})
        with self.session.shelf.open() as corpus:
            for _ in read_into(
                corpus, documents, settings, self.pool, owner=self.owner
            ):
                self.done += 1
            corpus.describe(read_columns(self.folder / "metadata.csv"))

    @property
    def pool(self) -> Stoppable:
        """Who draws and reads, until this is stopped."""
        return Stoppable(reading_pool(), lambda: self.stopped)

    @property
    def folder(self) -> Path:
        """Where the pages are drawn."""
        return Path(self.session.folder) / "demo"

    @property
    def owner(self) -> str:
        """Whose work it is; it is called off with the session's."""
        return f"{self.session.owner} demo"


def drawn(folder: Path, language: str) -> list[Path]:
    """Draw the newspapers of one language; for a worker."""
    return write_demo(folder, languages=[language])
