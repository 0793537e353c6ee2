"""Weights that slow a network down are set to zero in its file, and nothing else is."""

import numpy as np
import pytest

from ocr_core.engines.network_weights import without_subnormals

SUBNORMAL = 1e-39


def varint(value):
    """Encode a number as the format of protocol buffers prescribes."""
    found = []
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes([*found, value])


def field(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


def model(values, kind=1):
    """Return an ONNX file: a version, its producer, and a graph with one tensor."""
    tensor = varint(1 << 3) + varint(len(values)) + varint(2 << 3) + varint(kind)
    tensor += field(8, b"weights") + field(9, values.tobytes())
    graph = field(2, b"graph") + field(5, tensor) + field(11, b"input")
    return varint(1 << 3) + varint(8) + field(2, b"producer") + field(7, graph)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("count", [1, 40, 5000])
def test_subnormal_weights_become_zero_and_others_stay(sign, count):
    rng = np.random.default_rng(count)
    values = rng.normal(size=count).astype("<f4")
    values[0] = sign * SUBNORMAL
    wanted = values.copy()
    wanted[0] = 0

    assert without_subnormals(model(values)) == model(wanted)


def test_the_smallest_normal_weight_stays():
    normal = np.array([2.0**-126, -(2.0**-126), 0.0], "<f4")

    assert without_subnormals(model(normal)) == model(normal)


def test_whole_numbers_stay():
    shape = np.array([1, 2, 768], "<i8")  # as 32-bit floats they would be subnormal

    assert without_subnormals(model(shape, kind=7)) == model(shape, kind=7)


def test_the_detector_finds_the_same_without_them():
    onnxruntime = pytest.importorskip("onnxruntime")
    rapid = pytest.importorskip("ocr_core.engines.rapid")
    package = (rapid.model_folder() / rapid.MODELS[0]).read_bytes()
    changed = without_subnormals(package)
    page = np.random.default_rng(1).random((1, 3, 64, 96), np.float32)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1

    before, after = (
        onnxruntime.InferenceSession(
            each, options, providers=["CPUExecutionProvider"]
        ).run(None, {"x": page})[0]
        for each in (package, changed)
    )

    assert changed != package
    assert np.array_equal(before, after)
