"""Pages for the tests of the app: drawn small, as files in the forms people have."""

import io
from collections.abc import Sequence
from uuid import uuid4

from PIL import Image

from sample_images.drawing import draw_text_page

FOX = "The quick brown fox\njumps over the lazy dog"
JUGS = "Pack my box with five\ndozen liquor jugs"
SPHINX = "Sphinx of black quartz\njudge my vow"


def drawn(text: str = FOX, size: tuple[int, int] = (640, 200)) -> Image.Image:
    """Return a page with a few large words."""
    return draw_text_page(text, size=size, font_size=36, margin=40)[0]


def png(text: str = FOX, size: tuple[int, int] = (640, 200)) -> bytes:
    """Return a drawn page as a PNG file."""
    return saved(drawn(text, size), "PNG")


def saved(image: Image.Image, form: str, **options: object) -> bytes:
    """Return an image as the bytes of a file."""
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def scanned_pdf(*texts: str, dpi: int = 150) -> bytes:
    """Return a PDF of page images, as a scanner makes it: it holds no text."""
    first, *others = [drawn(text) for text in texts]
    return saved(first, "PDF", save_all=True, append_images=others, resolution=dpi)


def locked_pdf() -> bytes:
    """Return a PDF that nobody can open without its password."""
    return pdf(
        ["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [] /Count 0 >>"],
        "/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 "
        f"/O <{'11' * 32}> /U <{'22' * 32}> >> /ID [<{'33' * 16}> <{'33' * 16}>]",
    )


def pdf(objects: Sequence[str], trailer: str = "") -> bytes:
    """Return a PDF of these objects, the first of which is its catalog."""
    body, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += f"{number} 0 obj\n{content}\nendobj\n".encode()
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    size = len(objects) + 1
    end = (
        f"xref\n0 {size}\n0000000000 65535 f \n{table}"
        f"trailer\n<< /Size {size} /Root 1 0 R {trailer} >>\n"
        f"startxref\n{len(body)}\n%%EOF\n"
    )
    return body + end.encode()


def slow_png(lines: int = 36) -> bytes:
    """Return a page that takes seconds to read, and that nobody has read before."""
    line = "Five dozen liquor jugs and a quartz sphinx judge my vow while foxes jump"
    text = "\n".join([line] * lines + [uuid4().hex])
    return png(text, size=(1900, 57 * (lines + 1)))
