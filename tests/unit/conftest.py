"""What many tests of the library start from."""

import pytest

from ocr_core.corpus import Corpus


@pytest.fixture
def path(tmp_path):
    return tmp_path / "corpus.sqlite"


@pytest.fixture
def corpus(path):
    with Corpus(path, write=True) as corpus:
        yield corpus
