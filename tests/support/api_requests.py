"""API requests: documents to send, and values of the responses."""

import io

import cv2
from PIL import Image

from tests.support.marks import marked_image

PNG = cv2.imencode(".png", marked_image())[1].tobytes()
TOKEN = "a-token-for-the-tests-only"
MULTIPART = {"Content-Type": "multipart/form-data; boundary=xx"}


def sent(content=PNG, name="scan.png", **fields):
    return {"data": {"file": (io.BytesIO(content), name), **fields}}


def tiff(pages):
    file = io.BytesIO()
    first, *others = [Image.fromarray(marked_image())] * pages
    first.save(file, "TIFF", save_all=True, append_images=others)
    return file.getvalue()


def code(answer):
    return answer.json["error"]["code"]
