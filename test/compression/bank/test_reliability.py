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

"""Reliability of expected deviations, and their scale."""

from __future__ import annotations

import math

import numpy as np
import pytest
from support.networks import sure_network

from hand_tracking_dsp.compression.bank.entries import new_level
from hand_tracking_dsp.compression.bank.error_scale import with_error_scale
from hand_tracking_dsp.compression.bank.hold_out import FileOutputs
from hand_tracking_dsp.compression.bank.reliability import error_score, fit_error_scale, reliability
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.onnx_graph import parse_model
from hand_tracking_dsp.errors import ModelError

SMALL = new_level("a", "a.onnx", b"", parameters=1, macs=1)


def outputs(said: list[float], met: list[float], presence: list[float] | None = None) -> FileOutputs:
    values = presence or [1.0] * len(met)
    return FileOutputs(SMALL, *(np.array(x, np.float32) for x in (values, met, said)))


def everything(count: int) -> np.ndarray:
    return np.ones(count, bool)


def test_what_is_said_is_compared_with_what_is_met_bin_by_bin() -> None:
    found = reliability(outputs([1, 2, 20, 40], [2, 4, 10, 50], [0.9, 0.9, 0.9, 0.2]), everything(4))
    assert [(one.low, one.count, one.said, one.met) for one in found.bins] == [
        (0, 2, 1.5, 3),
        (15, 1, 20, 10),
        (30, 1, 40, 50),
    ]
    assert (found.count, found.off, found.said, found.met) == (4, 1, 15.75, 16.5)
    assert (found.auc, found.presence_auc) == (1, 1)


def test_only_the_chosen_hands_count() -> None:
    found = reliability(outputs([1, 90], [20, 1]), np.array([True, False]))
    assert (found.count, found.off, found.said) == (1, 1, 1)
    assert math.isnan(found.auc), "all of them are off"


def test_a_file_that_says_nothing_is_still_compared_by_presence() -> None:
    found = reliability(outputs([math.nan] * 3, [1, 20, 2], [0.9, 0.3, 0.8]), everything(3))
    assert found.bins == ()
    assert math.isnan(found.said)
    assert math.isnan(found.auc)
    assert (found.presence_auc, found.met) == (1, pytest.approx(23 / 3))


def test_a_set_without_a_hand_has_no_figures() -> None:
    found = reliability(outputs([1], [1]), np.array([False]))
    assert (found.count, found.bins) == (0, ())
    assert math.isnan(found.met)


@pytest.mark.parametrize(("slope", "factor"), [(1.0, 1.0), (1.0, 2.5), (0.7, 2.0), (1.4, 0.5), (1.0, 0.1)])
def test_a_scale_that_was_off_is_found_again(slope: float, factor: float) -> None:
    random = np.random.default_rng(0)
    said = np.exp(random.uniform(0, 3.5, 20000)).astype(np.float32)
    met = (random.exponential(size=said.size) * factor * said**slope).astype(np.float32)
    found_slope, shift = fit_error_scale(said, met)
    assert (found_slope, math.exp(shift)) == (pytest.approx(slope, abs=0.04), pytest.approx(factor, rel=0.1))
    scaled = np.exp(found_slope * np.log(said) + shift)
    assert scaled.mean() == pytest.approx(met.mean(), rel=0.05)
    assert error_score(scaled, met) <= error_score(said, met) + 1e-4


def test_expectations_that_are_all_the_same_are_only_shifted() -> None:
    slope, shift = fit_error_scale(np.full(50, 4, np.float32), np.full(50, 8, np.float32))
    assert (slope, shift) == (pytest.approx(1, abs=0.3), pytest.approx(math.log(8) - slope * math.log(4)))


def test_landmarks_that_are_never_off_leave_a_finite_scale() -> None:
    slope, shift = fit_error_scale(np.full(50, 4, np.float32), np.zeros(50, np.float32))
    assert math.isfinite(slope)
    assert math.isfinite(shift)


def said_by(network: object, brightness: float) -> float:
    image = np.full((1, 3, 224, 224), brightness, np.float32)
    return float(open_exact(network).run(image)[4].item())


def test_a_scale_in_the_graph_scales_what_the_network_says_and_nothing_else() -> None:
    model = parse_model(sure_network(0, 0.5, 4.0), "a.onnx")
    scaled = with_error_scale(model, 1.5, 0.25)
    for brightness in (0.2, 0.8):
        expected = math.exp(1.5 * math.log(said_by(model, brightness)) + 0.25)
        assert said_by(scaled, brightness) == pytest.approx(expected, rel=1e-5)
    image = np.full((1, 3, 224, 224), 0.3, np.float32)
    for old, new in zip(open_exact(model).run(image)[:4], open_exact(scaled).run(image)[:4], strict=True):
        assert old.tobytes() == new.tobytes()


def test_a_second_scale_goes_on_from_the_first_without_more_nodes() -> None:
    model = parse_model(sure_network(0, 0.5, 4.0), "a.onnx")
    once = with_error_scale(model, 1.5, 0.25)
    twice = with_error_scale(once, 0.5, 1.0)
    assert len(twice.graph.node) == len(once.graph.node)
    expected = math.exp(0.5 * math.log(said_by(once, 0.6)) + 1.0)
    assert said_by(twice, 0.6) == pytest.approx(expected, rel=1e-5)


def test_a_network_without_the_output_cannot_be_scaled() -> None:
    with pytest.raises(ModelError, match="has no output error_percent"):
        with_error_scale(parse_model(sure_network(0, 0.5), "a.onnx"), 1.0, 0.0)
