"""Projects begun in a tab of the app, with two documents or others."""

from tests.support.app_pages import FOX, JUGS, png, scanned_pdf
from tests.support.processes import until

PAGES = {"fox.png": png(FOX), "two.pdf": scanned_pdf(JUGS, FOX)}


def begun(session, files=PAGES):
    """Have a tab open some files; wait until all are known."""
    for name, content in files.items():
        session.add(f"key of {name}", name, content)
    until(lambda: not session.project.opening)
    session.project.save()
    return session.project


def documents(project):
    return [(each.label, each.pages, each.error) for each in project.uploads.values()]
