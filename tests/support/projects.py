"""Projects that a tab of the app has begun."""

from tests.support.app_pages import FOX, JUGS, png, scanned_pdf
from tests.support.processes import until

PAGES = {"fox.png": png(FOX), "two.pdf": scanned_pdf(JUGS, FOX)}


def begun(session, files=PAGES):
    """Open some files in a tab; wait until all were surveyed."""
    for name, content in files.items():
        session.add(f"key of {name}", name, content)
    until(lambda: not session.project.documents.opening)
    session.project.save()
    return session.project


def documents(project):
    return [
        (each.label, each.pages, each.error)
        for each in project.documents.uploads.values()
    ]
