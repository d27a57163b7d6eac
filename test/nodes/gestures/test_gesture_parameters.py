"""The nodes' parameters against the options that they become; test_parameters.py has the defaults."""

from __future__ import annotations

from dataclasses import fields

import pytest

from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.gestures.options import GestureOptions
from hand_tracking_dsp.gestures.teleop import TeleopOptions
from hand_tracking_dsp.nodes.tables import GESTURE, TELEOP

THRESHOLDS = {p.name: p for p in GESTURE if p.name in {field.name for field in fields(GestureOptions)}}
PAIRS = (
    ("finger_open_deg", "finger_closed_deg"),
    ("thumb_reach_closed", "thumb_reach_open"),
    ("thumb_gap_closed", "thumb_gap_open"),
    ("pinch_close", "pinch_open"),
)
"""Options of which the second must be above the first."""


@pytest.mark.parametrize(("table", "kind"), [(GESTURE, GestureOptions), (TELEOP, TeleopOptions)])
def test_every_option_is_a_parameter(table, kind):
    assert {field.name for field in fields(kind)} <= {parameter.name for parameter in table}


@pytest.mark.parametrize("name", THRESHOLDS)
def test_an_option_takes_the_range_of_its_parameter_and_no_more(name):
    low, high = THRESHOLDS[name].low, THRESHOLDS[name].high
    margin = 1e-3 * (high - low)
    # As far from it as may be, so that only its own range counts.
    options = {}
    for lower, upper in PAIRS:
        if name in (lower, upper):
            options = {lower: THRESHOLDS[lower].low, upper: THRESHOLDS[upper].high}
    for value in (low + margin, high - margin):
        assert getattr(GestureOptions(**{**options, name: value}), name) == value
    for value in (low - margin, high + margin):
        with pytest.raises(ConfigurationError):
            GestureOptions(**{**options, name: value})
