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

"""Arguments of the program that runs several nodes in one process."""

from __future__ import annotations

import pytest

from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.nodes.composed import nodes_of


def test_nodes_get_the_parameters_that_name_them():
    camera, power = nodes_of(
        ["camera_node", "power_node", 'camera_node.source="0"', "camera_node.rate_hz=5.0", "camera_node"]
    )
    given = {parameter.name: parameter.value for parameter in camera.keywords["parameter_overrides"]}
    assert given == {"source": "0", "rate_hz": 5.0}
    assert power.keywords["parameter_overrides"] == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "No node is named: name some of camera_node,"),
        (["camera_node", "toaster"], "There is no node 'toaster' to start here: name some of"),
        (["camera_node", "power_node.source=auto"], "There is no node 'power_node' to start here:"),
    ],
)
def test_refuses_what_cannot_be_started_in_a_sentence(arguments, sentence):
    with pytest.raises(ConfigurationError) as refusal:
        nodes_of(arguments)
    assert str(refusal.value).startswith(sentence)
