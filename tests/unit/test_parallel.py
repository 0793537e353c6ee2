"""Parts of work in threads: their results, their order, and their errors."""

import threading

import pytest

from ocr_core.mining import parallel
from ocr_core.mining.parallel import in_threads


def test_results_are_in_the_order_of_the_parts(monkeypatch):
    monkeypatch.setattr(parallel, "THREADS", 2)
    first_may_end = threading.Event()

    def doubled(part):
        if part == 0:
            assert first_may_end.wait(60)
        if part == 1:
            first_may_end.set()
        return 2 * part

    found = list(in_threads(doubled, range(5)))

    assert found == [0, 2, 4, 6, 8]


def test_only_a_few_results_wait_for_their_turn(monkeypatch):
    monkeypatch.setattr(parallel, "THREADS", 2)
    begun = []

    found = in_threads(begun.append, range(100))
    next(found)

    assert len(begun) <= 4


def test_an_error_of_a_part_comes_out():
    def inverse(part):
        return 1 / part

    with pytest.raises(ZeroDivisionError):
        list(in_threads(inverse, [2, 1, 0]))
