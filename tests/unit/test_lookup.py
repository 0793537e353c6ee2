"""Lookup: values of many indices are those of NumPy."""

import numpy as np
import pytest

from ocr_core.mining.lookup import FEWEST, looked_up

COUNTS = (0, 3, 2 * FEWEST)


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("index", ["int32", "int64", "uint32"])
@pytest.mark.parametrize("kind", ["bool", "int8", "int16", "int32", "int64", "float"])
def test_values_are_those_at_the_indices(kind, index, count):
    values = (np.arange(1000) % 7).astype(kind)
    at = (np.arange(2 * count) * 37 % 1000).astype(index)[::2]

    found = looked_up(values, at)

    assert found.dtype == values.dtype
    assert found.tolist() == values[at].tolist()
    found[:] = 0  # it is the caller's own
    assert values.any()


@pytest.mark.parametrize("count", COUNTS[1:])
@pytest.mark.parametrize("outside", [-1, 5])
def test_an_index_without_a_value_is_an_error(outside, count):
    at = np.zeros(count, np.int32)
    at[1] = outside

    with pytest.raises(IndexError):
        looked_up(np.arange(5), at)
