"""Demo corpus builder: draw the pages and recognize them with default settings.

python -m app.projects.build_demo
"""

import sys
import tempfile
from contextlib import closing
from pathlib import Path

from ocr_core.corpus.metadata_table import read_columns
from ocr_core.engines.tesseract import installed_languages
from ocr_core.execution.batch import read_into
from ocr_core.processes.pool import Pool
from ocr_core.settings import Settings
from sample_images.demo import LANGUAGES, reading_language, write_demo

from ..session.project import Project
from ..session.project_library import Library
from .demo import FILE
from .sharing import write_shared


def main() -> None:
    """Draw the pages, recognize them and write the file."""
    with tempfile.TemporaryDirectory(prefix="ocr_core_demo_") as folder:
        drawn = Path(folder) / "drawn"
        project = Library(Path(folder) / "projects").begin("Demo newspapers")
        with closing(project), closing(Pool()) as pool:
            for language in LANGUAGES:
                paths = write_demo(drawn, languages=[language])
                for path in paths:
                    project.documents.add(path.name, path.name, path.read_bytes())
                read(project, language, paths, pool)
                with project.corpus_handle.open() as corpus:
                    corpus.set_metadata(read_columns(drawn / "metadata.csv"))
            with project.corpus_handle.open() as corpus:
                corpus.tokens()  # stored: the app need not compute them
            project.note(position={"screen": "explore"})
            write_shared(project, FILE, scans=True)
    sys.stdout.write(f"{FILE}: {FILE.stat().st_size / 10**6:.1f} MB\n")


def read(project: Project, language: str, paths: list[Path], pool: Pool) -> None:
    """Recognize newspapers of one language into a project's corpus."""
    refs = project.documents.refs()
    documents = [refs[path.name] for path in paths]
    known = reading_language(language, installed_languages())
    settings = Settings.from_flat({"language": known})
    with project.corpus_handle.open() as corpus:
        for page in read_into(corpus, documents, settings, pool):
            sys.stdout.write(f"{page.ref.doc_id} {page.ref.number} {page.quality}\n")


if __name__ == "__main__":
    main()
