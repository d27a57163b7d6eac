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

"""A checkpoint gives back what was written, or says what to do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.rl.federated.checkpoints import Checkpoint, read_checkpoint, write_checkpoint


def test_a_checkpoint_comes_back_as_it_was(tmp_path: Path) -> None:
    arrays = {"weight0": np.arange(6, dtype=np.float32).reshape(2, 3), "bias0": np.zeros(2, np.float32)}
    write_checkpoint(tmp_path / "checkpoint.npz", Checkpoint(7, arrays))
    found = read_checkpoint(tmp_path / "checkpoint.npz")
    assert found is not None
    assert found.number == 7
    assert found.arrays.keys() == arrays.keys()
    np.testing.assert_array_equal(found.arrays["weight0"], arrays["weight0"])


def test_where_there_is_none_a_training_begins(tmp_path: Path) -> None:
    assert read_checkpoint(tmp_path / "checkpoint.npz") is None


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 half", b"no archive"])
def test_a_damaged_one_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "checkpoint.npz").write_bytes(content)
    with pytest.raises(ModelError, match=r"checkpoint\.npz cannot be read"):
        read_checkpoint(tmp_path / "checkpoint.npz")
