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

"""config/hand_tracking.rviz and config/foxglove_layout.json show topics and fields that there are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib import import_module
from math import cos, radians, sin
from pathlib import Path
from typing import Any

import pytest
import yaml
from rclpy.qos import ReliabilityPolicy

from hand_tracking_dsp.nodes.camera_node import CameraNode
from hand_tracking_dsp.nodes.gesture_node import GestureNode
from hand_tracking_dsp.nodes.hand_tracker_node import HandTrackerNode
from hand_tracking_dsp.nodes.messages.hand_markers import NAMESPACES
from hand_tracking_dsp.nodes.power_node import PowerNode
from hand_tracking_dsp.nodes.pruning_controller_node import PruningControllerNode
from hand_tracking_dsp.nodes.tables.camera import CAMERA

CONFIG = Path(__file__).parents[2] / "config"
RVIZ = yaml.safe_load((CONFIG / "hand_tracking.rviz").read_text(encoding="utf-8"))
LAYOUT = json.loads((CONFIG / "foxglove_layout.json").read_text(encoding="utf-8"))
DISPLAYS = RVIZ["Visualization Manager"]["Displays"]
PANELS: dict[str, dict[str, Any]] = LAYOUT["configById"]
FRAME = next(parameter.default for parameter in CAMERA if parameter.name == "frame_id")

# Properties of rviz2's displays by class, as their sources declare them, beside those that all have.
PROPERTIES = {
    "rviz_default_plugins/Axes": {"Length", "Radius", "Reference Frame", "Show Trail", "Alpha"},
    "rviz_default_plugins/Image": {
        "Topic",
        "Normalize Range",
        "Min Value",
        "Max Value",
        "Median window",
    },
    "rviz_default_plugins/MarkerArray": {"Topic", "Namespaces"},
    "rviz_default_plugins/PointCloud2": {
        "Topic",
        "Style",
        "Size (m)",
        "Color Transformer",
        "Channel Name",
    },
}
SHARED = {"Class", "Name", "Enabled", "Value"}
TOPIC = {"Value", "Depth", "History Policy", "Reliability Policy", "Durability Policy", "Filter size"}
TYPES = {
    "rviz_default_plugins/Image": "sensor_msgs/msg/Image",
    "rviz_default_plugins/MarkerArray": "visualization_msgs/msg/MarkerArray",
    "rviz_default_plugins/PointCloud2": "sensor_msgs/msg/PointCloud2",
}
# Types of panels that Foxglove and Lichtblick have.
PANEL_TYPES = {"3D", "DiagnosticSummary", "Image", "Plot", "RawMessages", "StateTransitions"}


def message_paths(value: Any) -> Iterator[str]:
    """Find all that is a topic or a path of a message."""
    if isinstance(value, dict):
        yield from (key for key in value if key.startswith("/"))
        for item in value.values():
            yield from message_paths(item)
    elif isinstance(value, list):
        for item in value:
            yield from message_paths(item)
    elif isinstance(value, str) and value.startswith("/"):
        yield value


def message_class(name: str) -> Any:
    """Import a message by a name like std_msgs/msg/Header or std_msgs/Header."""
    package, *_, kind = name.split("/")
    return getattr(import_module(f"{package}.msg"), kind)


def check_path(path: str, topics: dict[str, str]) -> None:
    """Follow a path like /topic.field[0].field through the message definitions."""
    topic, *fields = path.split(".")
    assert topic in topics, f"no node publishes {topic}"
    kind = topics[topic]
    for field in fields:
        name, index = re.fullmatch(r"(\w+)(\[[\d:]+\])?", field).groups()
        known = message_class(kind).get_fields_and_field_types()
        assert name in known, f"{kind} has no {name}"
        inner = re.fullmatch(r"sequence<(.+?)(, \d+)?>|(.+?)\[\d+\]|(.+)", known[name])
        assert bool(index) == (inner[4] is None), f"{field} of {kind} is {known[name]}"
        kind = inner[1] or inner[3] or inner[4]


@pytest.fixture
def topics(graph) -> dict[str, str]:
    """Start all nodes; give the types of the topics by name."""
    for node, parameters in (
        (CameraNode, {"depth": True}),
        (HandTrackerNode, {"depth.mode": "fused"}),
        (PruningControllerNode, {"policy": "fixed"}),
        (PowerNode, {"source": "simulated"}),
        (GestureNode, {}),
    ):
        graph.start(node, **parameters)
    wanted = {"overlay", "controller_state", "battery_state", "gesture_events", "markers", "camera_info"}
    wanted |= {"hands_3d/points", "depth/image_raw", "depth/camera_info"}
    graph.until(lambda: all(map(graph.observer.count_publishers, wanted)), "all topics are offered")
    return {name: types[0] for name, types in graph.observer.get_topic_names_and_types()}


def test_both_show_what_the_nodes_publish(graph, topics):
    for path in {*message_paths(PANELS)}:
        check_path(path, topics)
    for display in DISPLAYS:
        if "Topic" not in display:
            continue
        topic = display["Topic"]["Value"]
        assert topics[f"/{topic}"] == TYPES[display["Class"]]
        (publisher,) = graph.observer.get_publishers_info_by_topic(topic)
        offered = publisher.qos_profile.reliability == ReliabilityPolicy.RELIABLE
        assert offered or display["Topic"]["Reliability Policy"] == "Best Effort"


def test_a_path_that_leads_nowhere_would_be_found():
    topics = {
        "/gestures": "hand_tracking_dsp/msg/GestureArray",
        "/stats": "hand_tracking_dsp/msg/TrackerStats",
    }
    check_path("/gestures.gestures[0].held", topics)
    for path in ("/stat.total_ms", "/stats.total_s", "/gestures.gestures.held", "/stats.total_ms[0]"):
        with pytest.raises(AssertionError):
            check_path(path, topics)


def test_rviz_knows_the_displays_and_their_properties():
    for display in DISPLAYS:
        assert set(display) <= PROPERTIES[display["Class"]] | SHARED
        assert set(display.get("Topic", {})) <= TOPIC
    (hands,) = (display for display in DISPLAYS if "Namespaces" in display)
    assert hands["Namespaces"] == dict.fromkeys(NAMESPACES, True)


def test_both_show_the_cameras_own_frame_so_that_no_tf_is_needed():
    assert RVIZ["Visualization Manager"]["Global Options"]["Fixed Frame"] == FRAME
    assert PANELS["3D!hands"]["followTf"] == FRAME


def test_rviz_looks_over_the_cameras_shoulder_the_right_way_up():
    view = RVIZ["Visualization Manager"]["Views"]["Current"]
    assert view["Class"] == "rviz_default_plugins/Orbit"
    # As OrbitViewController::updateCamera puts its eye around the focal point, where z is up in the picture.
    assert not view["Invert Z Axis"]
    assert sin(view["Pitch"]) < -0.8, "behind the camera, whose z points to the hands"
    eye_y = sin(view["Yaw"]) * cos(view["Pitch"])
    assert eye_y < 0, "above it: y points down"
    assert sin(view["Pitch"]) * eye_y > 0, "upright: what is up in the picture is up in the room"


def test_foxglove_looks_over_the_cameras_shoulder_the_right_way_up():
    state = PANELS["3D!hands"]["cameraState"]
    assert state["perspective"]
    # As CameraStateSettings puts its eye: phi from the z axis, thetaOffset about it.
    assert state["thetaOffset"] == 0
    assert cos(radians(state["phi"])) < -0.8, "behind the camera and upright"
    assert -sin(radians(state["phi"])) < 0, "above it: y points down"


def test_every_panel_is_laid_out_once_and_is_of_a_known_type():
    def leaves(node: Any) -> Iterator[str]:
        if isinstance(node, str):
            yield node
            return
        assert node["direction"] in ("row", "column")
        assert 0 < node["splitPercentage"] < 100
        yield from leaves(node["first"])
        yield from leaves(node["second"])

    laid_out = list(leaves(LAYOUT["layout"]))
    assert sorted(laid_out) == sorted(PANELS)
    assert {panel.split("!")[0] for panel in laid_out} <= PANEL_TYPES
    assert {"configById", "globalVariables", "userNodes", "playbackConfig", "layout"} == set(LAYOUT)


def test_foxglove_shows_all_namespaces_of_the_markers():
    namespaces = PANELS["3D!hands"]["topics"]["/markers"]["namespaces"]
    assert {name for name, settings in namespaces.items() if settings["visible"]} == set(NAMESPACES)
