"""Network weights: the file of a network without numbers that slow it down.

A processor takes many times as long for a subnormal number as for others. Two layers of
the detector have 255 000 of them, left of weights that training moved to zero, and took
60 % of its time. Set to zero, its output is the same to the last bit.
"""

from collections.abc import Iterator

import numpy as np

# Numbers of fields in the format ONNX, and of the data type of 32-bit floats.
GRAPH, INITIALIZER, DATA_TYPE, RAW_DATA, FLOAT = 7, 5, 2, 9, 1
# Wire types of protocol buffers; the other has 32 bits.
VARINT, FIXED_64, BYTES = 0, 1, 2


def without_subnormals(model: bytes) -> bytes:
    """Return an ONNX file with zero for each subnormal 32-bit weight."""
    changed = memoryview(bytearray(model))
    for graph in _contents(changed, GRAPH):
        for tensor in _contents(graph, INITIALIZER):
            if FLOAT in (number for key, number in _fields(tensor) if key == DATA_TYPE):
                for raw in _contents(tensor, RAW_DATA):
                    weights = np.frombuffer(raw, "<f4")
                    weights[np.abs(weights) < np.finfo(np.float32).smallest_normal] = 0
    return bytes(changed)


def _contents(message: memoryview, number: int) -> Iterator[memoryview]:
    """Yield the contents of the fields of a protocol buffer that have a number."""
    for found, value in _fields(message):
        if found == number and isinstance(value, memoryview):
            yield value


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview | int]]:
    """Yield the number and the value of each field of a protocol buffer."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        kind = key & 7
        size = 8 if kind == FIXED_64 else 4
        if kind in (VARINT, BYTES):
            size, at = _varint(message, at)
        if kind == VARINT:
            yield key >> 3, size
            continue
        yield key >> 3, message[at : at + size]
        at += size


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    """Return the number of variable length at a place, and the place after it."""
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
