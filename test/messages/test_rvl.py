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

"""RVL, the code of depth images."""

from __future__ import annotations

import tracemalloc
from contextlib import suppress
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.encoders import encode_rvl

from hand_tracking_dsp.messages.rvl import decode_rvl

PARTS = st.sampled_from([4, 8, 64, 1 << 16])


def decode_in_parts(data, pixels, part):
    """Decode so many bytes at once."""
    with patch("hand_tracking_dsp.messages.rvl._PART", part):
        return decode_rvl(data, pixels)


@given(st.lists(st.one_of(st.just(0), st.integers(0, 65535)), max_size=200), PARTS)
def test_decodes_what_was_encoded(values, part):
    pixels = np.array(values, np.uint16)
    np.testing.assert_array_equal(decode_in_parts(encode_rvl(pixels), len(pixels), part), pixels)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 30)), max_size=60), PARTS)
def test_decodes_runs_of_all_lengths(runs, part):
    pixels = np.concatenate([np.repeat([0, 700], run) for run in [*runs, (0, 0)]]).astype(np.uint16)
    np.testing.assert_array_equal(decode_in_parts(encode_rvl(pixels), len(pixels), part), pixels)


def test_runs_of_one_value_take_hardly_more_memory_than_the_image():
    # Nibbles: one zero; one other: +1. No shorter code gives as many runs.
    data = bytes.fromhex("112112") * 500_000
    words = np.frombuffer(data, ">u4").astype("<u4").tobytes()
    tracemalloc.start()
    try:
        values = decode_rvl(words, 2_000_000)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    np.testing.assert_array_equal(values[:6], [0, 1, 0, 2, 0, 3])
    assert peak < 2 * values.nbytes + 30_000_000


def test_decodes_words_written_by_hand():
    # Nibbles: two zeros; three others: +5, -1, +9 as 10, 1, 18 of three bits each, low bits first.
    nibbles = "23a11a20"
    word = int(nibbles, 16).to_bytes(4, "little")
    assert decode_rvl(word, 5).tolist() == [0, 0, 5, 4, 13]


def test_an_image_without_any_depth_is_one_number():
    assert not decode_rvl(encode_rvl(np.zeros(307200, np.uint16)), 307200).any()


@pytest.mark.parametrize("data", [b"", b"\0", b"\xff" * 64, b"\0" * 8, bytes(range(64))])
def test_data_that_are_none_are_refused(data):
    with pytest.raises(ValueError, match="RVL data"):
        decode_rvl(data, 1000)


def test_an_empty_run_is_refused_at_once():
    with pytest.raises(ValueError, match="empty run after 0 of 307200 pixels"):
        decode_rvl(b"\0" * 2_000_000, 307200)


@given(st.binary(max_size=300), st.integers(0, 500), PARTS)
def test_any_bytes_give_an_image_or_a_refusal(data, pixels, part):
    with suppress(ValueError):
        assert decode_in_parts(data, pixels, part).shape == (pixels,)
