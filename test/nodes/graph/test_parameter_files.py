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

"""Parameters as YAML, checked before a node starts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.nodes.graph.names import ALL_NODES
from hand_tracking_dsp.nodes.graph.parameter_files import check_file, mistyped_sections, parse_value
from hand_tracking_dsp.resources import share_path


@pytest.mark.parametrize(
    ("node", "parameter", "text", "value"),
    [
        ("camera_node", "source", "0", "0"),
        ("camera_node", "source", "2020-01-01", "2020-01-01"),
        ("camera_node", "source", "1:30", "1:30"),
        ("camera_node", "source", "", ""),
        ("camera_node", "rate_hz", "15", 15.0),
        ("camera_node", "rate_hz", "1e1", 10.0),
        ("camera_node", "loop", "off", False),
        ("hand_tracker_node", "providers", "[cpu, 'cuda']", ("cpu", "cuda")),
        ("hand_tracker_node", "level", "0x2", 2),
    ],
)
def test_a_value_is_typed_as_rcl_would(node: str, parameter: str, text: str, value: object) -> None:
    found = parse_value(node, parameter, text)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("parameter", "text", "said"),
    [
        ("providers", "[]", "is empty, but must have at least one member"),
        ("providers", "[cpu, 3]", "is ['cpu', 3], but must be one of: tensorrt, cuda, cpu"),
        ("providers", "[cpu, {a: b}]", "must be of type string array"),
        ("max_hands", "many", "is 'many', but must be of type integer"),
        ("max_hands", "9" * 400, "must be in the range"),
        ("score_threshold", ".nan", "must be in the range"),
        ("score_threshold", "1e999", "must be in the range"),
        ("nonsense", "1", "hand_tracker_node has no parameter 'nonsense'"),
        ("max_hand", "1", "has no parameter 'max_hand': do you mean max_hands?"),
        ("bank", "[", "is not YAML from line 1"),
        ("bank", "*a", "is not YAML from line 1"),
        ("bank", "!!python/object:os.system x", "is not YAML"),
        ("bank", '"a\\0b"', "holds a NUL character"),
        ("bank", "a\udcff", "not in UTF-8"),
        ("bank", "[" * 5000, "is nested too deeply"),
    ],
)
def test_a_value_that_cannot_be_used_is_a_sentence(parameter: str, text: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        parse_value("hand_tracker_node", parameter, text)
    assert said in str(refused.value)


def test_the_packages_own_file_passes() -> None:
    check_file(share_path("config", "hand_tracking.yaml"), ALL_NODES)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("/**:\n  ros__parameters:\n    rate_hz: [1", "is not YAML from line 3"),
        (
            "/**/power_node:\n  ros__parameters:\n    rate_hz: x",
            "power_node's rate_hz is 'x', but must be of",
        ),
        (
            "/**:\n  ros__parameters:\n    jpeg_quality: 900",
            "camera_node's jpeg_quality is 900, but must be in",
        ),
        (
            "robot:\n  camera_node:\n    ros__parameters:\n      qos:\n        image: {depth: 0}",
            "qos.image.depth",
        ),
        ("camera_node:\n  rate_hz: 3", "gives /camera_node/rate_hz a value outside 'ros__parameters:'"),
        ("camera_node:\n  ros__parameters:", "'ros__parameters:' without names and values"),
        ("- a", "has no section for a node"),
        ("", "has no section for a node"),
        ("a: &a [1]\nb: *a", "is not YAML from line 2"),
    ],
)
def test_a_file_that_cannot_be_used_is_a_sentence(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(ConfigurationError) as refused:
        check_file(tmp_path / "a.yaml", ALL_NODES)
    assert said in str(refused.value)


def test_parameters_of_other_nodes_and_unknown_names_are_left_to_them(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "/**:\n  ros__parameters:\n    use_sim_time: true\n    other: 3\n"
        "lidar:\n  ros__parameters:\n    rate_hz: fast\n"
    )
    check_file(tmp_path / "a.yaml", ALL_NODES)


def test_a_section_whose_name_is_nearly_a_nodes_is_named_and_others_are_not(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    sections = ("camera_nod", "/**/power_node", "lidar", "left_camera_node", "/**")
    path.write_text("".join(f"{name}:\n  ros__parameters: {{rate_hz: 2.0}}\n" for name in sections))
    (sentence,) = mistyped_sections(path)
    assert sentence == (
        f"The parameter file {path} has a section for 'camera_nod', which no node here takes: "
        "do you mean camera_node?"
    )


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ConfigurationError, match=r"cannot be read .*pipe"):
        check_file(tmp_path / "pipe", ALL_NODES)


def test_what_names_a_node_counts_more_and_others_are_not_looked_at(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "/**/power_node:\n  ros__parameters: {rate_hz: 2.0}\n/**:\n  ros__parameters: {rate_hz: 99999.0}\n"
    )
    check_file(tmp_path / "a.yaml", ["power_node"])
    with pytest.raises(ConfigurationError, match="camera_node's rate_hz is 99999"):
        check_file(tmp_path / "a.yaml", ["camera_node"])
