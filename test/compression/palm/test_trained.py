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

import json

import pytest

from hand_tracking_dsp.compression.palm.trained import (
    NETWORK,
    RECORD,
    TrainedPalm,
    read_trained,
    write_trained,
)
from hand_tracking_dsp.errors import ModelError


def test_a_detector_is_read_back_with_its_source(detector, tmp_path):
    write_trained(tmp_path, TrainedPalm(detector, {"method": "trained", "steps": 3}), {"curve": []})

    found = read_trained(tmp_path)

    assert found.model == detector
    assert found.source == {"method": "trained", "steps": 3}


@pytest.mark.parametrize("damage", ["network", "record", "none"])
def test_refuses_a_folder_whose_files_do_not_belong_together(detector, tmp_path, damage):
    write_trained(tmp_path, TrainedPalm(detector, {}), {})
    if damage == "network":
        (tmp_path / NETWORK).write_bytes(b"another")
    elif damage == "record":
        (tmp_path / RECORD).write_text(json.dumps([1]), encoding="utf-8")
    else:
        (tmp_path / RECORD).unlink()

    with pytest.raises(
        ModelError, match=r"palm_trained\.onnx is not the network|holds no trained palm detector"
    ):
        read_trained(tmp_path)
