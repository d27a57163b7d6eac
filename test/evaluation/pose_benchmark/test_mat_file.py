# Copyright 2026 the hand_tracking_dsp authors
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""MATLAB's files as SciPy writes them, and damaged ones."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from scipy.io import loadmat, savemat

from hand_tracking_dsp.evaluation.pose_benchmark.mat_file import MatError, list_arrays

ARRAYS = {
    "joint_uvd": np.random.default_rng(0).normal(300, 100, (3, 2, 36, 3)),
    "single": np.arange(6, dtype=np.float32).reshape(2, 3) / 7,
    "small": np.array([[0.25]]),
    "none": np.zeros((0, 3)),
}
OTHERS = {
    "names": np.array(["a", "bc"], dtype=object),
    "text": "F1_KNU3_A",
    "record": {"a": 1.0},
    "whole": np.arange(4),
    "complex": np.array([1 + 2j]),
}


def saved(*, compressed: bool = False, **arrays: object) -> bytes:
    file = io.BytesIO()
    savemat(file, arrays or {**OTHERS, **ARRAYS}, do_compression=compressed)
    return file.getvalue()


@pytest.mark.parametrize("compressed", [False, True])
def test_numbers_are_read_as_scipy_reads_them(compressed: bool) -> None:
    data = saved(compressed=compressed)
    found, expected = list_arrays(data), loadmat(io.BytesIO(data))
    assert set(found) == {*ARRAYS, *OTHERS}
    for name in ARRAYS:
        assert found[name].shape == expected[name].shape
        np.testing.assert_array_equal(found[name].read(), expected[name])
    assert [found[name].kind for name in ARRAYS] == ["double", "single", "double", "double"]
    assert {name: found[name].kind for name in OTHERS} == {
        "names": "cell",
        "text": "char",
        "record": "struct",
        "whole": "of integers",
        "complex": "complex",
    }


def element(order: str, code: int, content: bytes) -> bytes:
    return struct.pack(order + "II", code, len(content)) + content + bytes(-len(content) % 8)


@pytest.mark.parametrize(("order", "mark"), [("<", b"IM"), (">", b"MI")])
def test_doubles_may_be_stored_as_bytes_in_either_order(order: str, mark: bytes) -> None:
    # As MATLAB does where all values are small whole numbers.
    start = element(order, 6, struct.pack(order + "II", 6, 0)) + element(
        order, 5, struct.pack(order + "ii", 2, 3)
    )
    matrix = start + element(order, 1, b"number") + element(order, 2, bytes([1, 2, 3, 4, 5, 250]))
    data = b"MATLAB 5.0".ljust(124) + struct.pack(order + "H", 0x0100) + mark + element(order, 14, matrix)
    found = list_arrays(data)["number"]
    assert (found.kind, found.shape) == ("double", (2, 3))
    assert found.read().tolist() == [[1, 3, 5], [2, 4, 250]]


def test_a_file_of_version_7_3_is_named() -> None:
    start = b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM"
    with pytest.raises(MatError, match=r"version 7.3, which is not read: save it with -v7"):
        list_arrays(start.ljust(512, b"\0") + b"\x89HDF\r\n\x1a\n")


@pytest.mark.parametrize("data", [b"", b"1 2 3\n", bytes(200), b"\x89PNG\r\n\x1a\n".ljust(300)])
def test_other_files_are_named(data: bytes) -> None:
    with pytest.raises(MatError, match="is not a MATLAB file"):
        list_arrays(data)


@pytest.mark.parametrize("compressed", [False, True])
def test_files_that_are_cut_off_are_named(compressed: bool) -> None:
    data = saved(compressed=compressed, joint_uvd=ARRAYS["joint_uvd"])
    for kept in (*range(129, 400, 7), len(data) - 100, len(data) - 1):
        with pytest.raises(MatError, match=r"damaged|cut off|does not have"):
            list_arrays(data[:kept])["joint_uvd"].read()


@pytest.mark.parametrize("compressed", [False, True])
def test_wrong_bytes_are_never_followed(compressed: bool) -> None:
    good = saved(compressed=compressed)
    random = np.random.default_rng(0)
    for _ in range(500):
        wrong = bytearray(good)
        for place in random.integers(0, min(len(good), 2000), 4):
            wrong[place] = random.integers(256)
        try:
            for array in list_arrays(bytes(wrong)).values():
                if np.prod(array.shape, dtype=float) < 1e6:
                    array.read()
        except MatError:
            continue


def test_a_small_file_that_states_many_numbers_takes_no_memory() -> None:
    # A gigabyte of zeros, compressed, behind a shape of six numbers.
    good = saved(number=np.zeros((2, 3)))
    array = bytearray(good[128:])
    body = bytes(array) + bytes(1 << 20)
    compressor = zlib.compressobj()
    packed = b"".join([compressor.compress(body), *(compressor.compress(bytes(1 << 20)) for _ in range(50))])
    packed += compressor.flush()
    data = good[:128] + struct.pack("<II", 15, len(packed)) + packed
    assert list_arrays(data)["number"].read().tolist() == [[0.0] * 3] * 2
