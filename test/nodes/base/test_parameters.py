from __future__ import annotations

import math
from dataclasses import fields, is_dataclass

import pytest

from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.control.options import ControllerOptions, ShieldOptions
from hand_tracking_dsp.control.policies import ThresholdOptions
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.gestures.options import GestureOptions
from hand_tracking_dsp.gestures.teleop import TeleopOptions
from hand_tracking_dsp.nodes.base.parameters import Parameter
from hand_tracking_dsp.nodes.tables import CAMERA, CONTROLLER, GESTURE, POWER, TABLES, TELEOP, TRACKER
from hand_tracking_dsp.power.mac_estimate import MacEstimateOptions
from hand_tracking_dsp.power.simulated_battery import SimulatedBatteryOptions
from hand_tracking_dsp.tracking.backends import RuntimeOptions
from hand_tracking_dsp.tracking.tracker import TrackerOptions

ALL = [(node, parameter) for node, table in TABLES.items() for parameter in table]
RATE = Parameter("rate_hz", 30.0, "Rate.", "Hz", 1, 100)
DEPTH = Parameter("depth", 1, "Depth.", low=1, high=10)
MODE = Parameter("mode", "raw", "Mode.", choices=("raw", "compressed"))
NAMES = Parameter("names", ("a",), "Names.", choices=("a", "b"))
SHARES = Parameter("shares", (0.5,), "Shares.", low=0, high=1)


@pytest.mark.parametrize(("node", "parameter"), ALL, ids=lambda value: getattr(value, "name", value))
def test_every_parameter_accepts_its_own_default_and_says_what_it_is(node, parameter):  # noqa: ARG001
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


@pytest.mark.parametrize(
    ("parameter", "given", "taken"),
    [
        (RATE, 30, 30.0),
        (Parameter("source", "synthetic", "Source."), 0, "0"),
        (SHARES, [1, 0], (1.0, 0.0)),
        (NAMES, ["b", "a"], ("b", "a")),
    ],
)
def test_takes_what_yaml_makes_of_a_fitting_value(parameter, given, taken):
    accepted = parameter.accept(given)
    assert accepted == taken
    assert type(accepted) is type(taken)


@pytest.mark.parametrize(
    ("parameter", "value", "sentence"),
    [
        (RATE, 0.0, "Parameter rate_hz is 0.0, but must be in the range 1 to 100 Hz."),
        (RATE, math.nan, "Parameter rate_hz is nan, but must be in the range 1 to 100 Hz."),
        (RATE, "fast", "Parameter rate_hz is 'fast', but must be of type float."),
        (RATE, None, "Parameter rate_hz is not set, but must be of type float."),
        (RATE, True, "Parameter rate_hz is True, but must be of type float."),
        (DEPTH, 1.5, "Parameter depth is 1.5, but must be of type int."),
        (DEPTH, 11, "Parameter depth is 11, but must be in the range 1 to 10."),
        (MODE, "theora", "Parameter mode is 'theora', but must be one of: raw, compressed."),
        (NAMES, ["a", "c"], "Parameter names is ['a', 'c'], but must be one of: a, b."),
        (NAMES, "a", "Parameter names is 'a', but must be of type list of str."),
        (SHARES, [0.5, 2.0], "Parameter shares is [0.5, 2.0], but must be in the range 0 to 1."),
    ],
)
def test_refuses_other_values_in_a_sentence(parameter, value, sentence):
    with pytest.raises(ConfigurationError) as refusal:
        parameter.accept(value)
    assert str(refusal.value) == sentence


@pytest.mark.parametrize(
    ("table", "options", "group"),
    [
        (CAMERA, SourceOptions(loop=True), ""),
        (TRACKER, TrackerOptions(), ""),
        (TRACKER, RuntimeOptions(), ""),
        (POWER, SimulatedBatteryOptions(), "simulated."),
        (POWER, MacEstimateOptions(), "estimate."),
        (CONTROLLER, ControllerOptions(), ""),
        (CONTROLLER, ShieldOptions(), "shield."),
        (CONTROLLER, ThresholdOptions(), "threshold."),
        (GESTURE, GestureOptions(), ""),
        (TELEOP, TeleopOptions(), ""),
    ],
    ids=lambda value: type(value).__name__ if is_dataclass(value) else None,
)
def test_defaults_are_those_of_the_options_they_become(table, options, group):
    defaults = {parameter.name: parameter.default for parameter in table}
    shared = {field.name for field in fields(options)} & {name.removeprefix(group) for name in defaults}
    assert shared
    assert {name: defaults[group + name] for name in shared} == {
        name: getattr(options, name) for name in shared
    }
