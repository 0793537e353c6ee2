"""Notes: messages to the user about a written PDF, one sentence for each code.

The first placeholder is the document's name, except where several were joined.
"""

from ocr_core.messages import Message

SENTENCES = {
    "page-as-picture": (
        "{0}: page {1} could not be copied; the PDF contains a picture of it."
    ),
    "signature": (
        "{0}: its signature is no longer valid, because the file was changed."
    ),
    "encryption": "{0}: it was encrypted, and the PDF that was written is not.",
    "tags": "{0}: its tags are kept; the words of the text layer have none.",
    "conformance": "{0}: it no longer claims to conform to {1}.",
    "pages-left-out": (
        "{0}: bookmarks and links to pages that are not in the PDF were left out "
        "(bookmarks: {1}, links: {2})."
    ),
    "joined": (
        "Several documents became one PDF, which cannot hold what belongs to one of "
        "them alone: {0}."
    ),
}


def note(code: str, *values: object) -> str:
    """Return the sentence of a code with its values filled in."""
    return Message(SENTENCES[code], *values)
