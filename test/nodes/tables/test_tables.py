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

"""The nodes' parameters: each describes itself, those of a dataclass are its fields' declarations."""

from __future__ import annotations

import math
from dataclasses import fields, replace

import pytest

from hand_tracking_dsp.cameras.backoff import BackoffOptions
from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.control.options import ConstraintOptions, ControllerOptions, ShieldOptions
from hand_tracking_dsp.control.policies import FixedPolicy, ThresholdOptions
from hand_tracking_dsp.depth.input_options import DepthInputOptions
from hand_tracking_dsp.depth.lifting import LiftOptions
from hand_tracking_dsp.depth.mode import AutoOptions
from hand_tracking_dsp.depth.statue import StatueOptions
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.gestures.options import GestureOptions
from hand_tracking_dsp.gestures.teleop import TeleopOptions
from hand_tracking_dsp.gestures.trigger import TriggerOptions
from hand_tracking_dsp.nodes.tables.by_node import TABLES
from hand_tracking_dsp.nodes.tables.wiring import EXPECTATIONS
from hand_tracking_dsp.options import declaration, parameters_of
from hand_tracking_dsp.power.mac_estimate import MacEstimateOptions
from hand_tracking_dsp.power.simulated_battery import SimulatedBatteryOptions
from hand_tracking_dsp.tracking.backends import RuntimeOptions
from hand_tracking_dsp.tracking.tracker_options import TrackerOptions

ALL = [(node, parameter) for node, table in TABLES.items() for parameter in table]
DATACLASSES = (
    ("camera_node", "", SourceOptions),
    ("camera_node", "", BackoffOptions),
    ("hand_tracker_node", "", RuntimeOptions),
    ("hand_tracker_node", "", TrackerOptions),
    ("hand_tracker_node", "depth.", DepthInputOptions),
    ("hand_tracker_node", "depth.", LiftOptions),
    ("hand_tracker_node", "depth.", StatueOptions),
    ("hand_tracker_node", "depth.auto.", AutoOptions),
    ("pruning_controller_node", "", ControllerOptions),
    ("pruning_controller_node", "constraint.", ConstraintOptions),
    ("pruning_controller_node", "shield.", ShieldOptions),
    ("pruning_controller_node", "fixed.", FixedPolicy),
    ("pruning_controller_node", "threshold.", ThresholdOptions),
    ("power_node", "", BackoffOptions),
    ("power_node", "simulated.", SimulatedBatteryOptions),
    ("power_node", "estimate.", MacEstimateOptions),
    ("gesture_node", "", GestureOptions),
    ("gesture_teleop_node", "", TeleopOptions),
    ("gesture_trigger_node", "", TriggerOptions),
)
OTHER_DEFAULTS = {("camera_node", "loop"): True, ("camera_node", "allow_gstreamer"): False}
"""Defaults of a node that differ from the dataclass's, each for the reason that stands in its table."""

FIELDS = [(node, prefix, kind, one.name) for node, prefix, kind in DATACLASSES for one in parameters_of(kind)]
NUMBERS = [
    (kind, one)
    for kind in {kind: None for _, _, kind in DATACLASSES}
    for one in parameters_of(kind)
    if type(one.default) in (int, float)
]
# The other end of a pair that must be in order, as far away as may be.
PARTNERS = {
    "retry_s": {"retry_max_s": 600.0},
    "retry_max_s": {"retry_s": 0.05},
    "min_dwell_s": {"min_dwell_sparser_s": 0.0},
    "min_dwell_sparser_s": {"min_dwell_s": 3600.0},
    "min_samples": {"max_samples": 10000},
    "upper": {"lower": 0.0},
    "lower": {"upper": 10.0},
    "densest_level": {"sparsest_level": -1},
    "finger_open_deg": {"finger_closed_deg": 540.0},
    "finger_closed_deg": {"finger_open_deg": 0.0},
    "thumb_reach_closed": {"thumb_reach_open": 5.0},
    "thumb_reach_open": {"thumb_reach_closed": 0.0},
    "thumb_gap_closed": {"thumb_gap_open": 2.0},
    "thumb_gap_open": {"thumb_gap_closed": 0.0},
    "pinch_close": {"pinch_open": 2.0},
    "pinch_open": {"pinch_close": 0.0},
    "pinch_close_m": {"pinch_open_m": 0.5},
    "pinch_open_m": {"pinch_close_m": 0.0},
    "dead_zone_palms": {"full_scale_palms": 20.0},
    "full_scale_palms": {"dead_zone_palms": 0.0},
}


@pytest.mark.parametrize(("node", "parameter"), ALL, ids=lambda value: getattr(value, "name", value))
def test_every_parameter_accepts_its_own_default_and_describes_itself(node, parameter):  # noqa: ARG001
    assert parameter.accept(parameter.default) == parameter.default
    assert parameter.description.endswith(".")
    if type(parameter.default) in (int, float):
        assert math.isfinite(parameter.low)
        assert math.isfinite(parameter.high)


@pytest.mark.parametrize("node", TABLES)
def test_no_name_appears_twice_and_groups_stand_together(node):
    names = [parameter.name for parameter in TABLES[node]]
    assert len(set(names)) == len(names)
    groups = [name.rpartition(".")[0] for name in names]
    changes = [group for before, group in zip(["", *groups], groups, strict=False) if group != before]
    assert len(set(changes)) == len(changes)


@pytest.mark.parametrize(("node", "prefix", "kind", "name"), FIELDS)
def test_a_field_and_its_parameter_have_one_declaration(node, prefix, kind, name):
    declared = declaration(kind, name)
    default = OTHER_DEFAULTS.get((node, name), declared.default)
    (parameter,) = (one for one in TABLES[node] if one.name == prefix + name)
    assert parameter == replace(declared, name=prefix + name, default=default)
    assert getattr(kind(), name) == declared.default


def test_no_field_has_a_parameter_of_its_name_that_is_declared_elsewhere():
    shared = 0
    for node, prefix, kind in DATACLASSES:
        own = {one.name for one in parameters_of(kind)}
        hidden = {one.name for one in fields(kind)} - own
        names = {one.name.removeprefix(prefix) for one in TABLES[node] if one.name.startswith(prefix)}
        assert not hidden & names
        shared += len(own)
    assert shared == len(FIELDS)
    assert shared > 100


@pytest.mark.parametrize(
    ("kind", "one"), NUMBERS, ids=[f"{kind.__name__}.{one.name}" for kind, one in NUMBERS]
)
def test_a_dataclass_takes_the_range_that_is_declared_and_no_more(kind, one):
    names = {field.name for field in fields(kind)}
    partner = {name: end for name, end in PARTNERS.get(one.name, {}).items() if name in names}
    margin = 1 if isinstance(one.default, int) else 1e-3 * (one.high - one.low)
    inside = (one.low, one.high) if isinstance(one.default, int) else (one.low + margin, one.high - margin)
    for value in inside:
        assert getattr(kind(**{**partner, one.name: value}), one.name) == value
    for value in (one.low - margin, one.high + margin):
        with pytest.raises(
            ConfigurationError, match=rf"{kind.__name__}\.{one.name} is .* must be in the range"
        ):
            kind(**{**partner, one.name: value})


@pytest.mark.parametrize(
    ("kind", "name", "low", "high"),
    [
        (SourceOptions, "width", 16, 8192),
        (SourceOptions, "height", 16, 8192),
        (SourceOptions, "rate_hz", 0.1, 500),
        (SourceOptions, "seed", 0, 2**31 - 1),
        (SimulatedBatteryOptions, "seed", 0, 2**31 - 1),
        (TrackerOptions, "max_hands", 1, 16),
        (TrackerOptions, "score_threshold", 0.01, 0.99),
        (TrackerOptions, "presence_threshold", -1, 0.99),
        (TrackerOptions, "search_interval_s", -1, 60),
        (TrackerOptions, "min_cutoff_hz", 0.01, 100),
        (TrackerOptions, "beta", 0, 1000),
        (RuntimeOptions, "threads", 0, 256),
        (RuntimeOptions, "precision_tolerance", 0, 100),
        (ThresholdOptions, "retry_s", 0, 1e6),
    ],
)
def test_ranges_that_nodes_and_dataclasses_once_had_apart_are_the_nodes(kind, name, low, high):
    declared = declaration(kind, name)
    assert (declared.low, declared.high) == (low, high)


def test_what_names_files_folders_devices_or_addresses_is_locked():
    locked = {parameter.name for _, parameter in ALL if parameter.locked}
    assert locked == {
        "bank", "battery", "bindings", "gestures_file",
        "policy_file", "root", "source", "tensorrt_cache_dir",
    }  # fmt: skip
    of_paths = {one.name for _, one in ALL if one.name.endswith(("_file", "_dir", "_path"))}
    assert of_paths <= locked


def test_what_others_may_do_with_a_node_is_fixed():
    fixed = {parameter.name for _, parameter in ALL if parameter.fixed}
    assert fixed == {"allow_gstreamer", "allow_locked_changes"}
    assert {one.name for _, one in ALL if one.name.startswith("allow_")} == fixed


@pytest.mark.parametrize(
    ("kind", "found", "own", "advice"),
    [
        ("CompressedImage", "/d/image/compressedDepth", "/d/image", "set depth.transport to compressedDepth"),
        ("CompressedImage", "/d/image/compressed", "/d/image", "set depth.transport to compressed"),
        (
            "CompressedImage",
            "/d/image/compressed",
            "/depth/image_raw",
            "set depth.transport to compressed and remap depth/image_raw to /d/image",
        ),
        ("Image", "/d/image", "/d/image/compressed", "set depth.transport to raw"),
        (
            "Image",
            "/d/image",
            "/depth/image_raw/compressedDepth",
            "set depth.transport to raw and remap depth/image_raw to /d/image",
        ),
    ],
)
def test_depth_of_another_transport_is_cured_by_its_name(kind, found, own, advice):
    cures = EXPECTATIONS["hand_tracker_node"]["depth/image_raw"].cures
    assert cures[f"sensor_msgs/msg/{kind}"](found, own) == advice
