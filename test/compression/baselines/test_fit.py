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

"""Pruning until a network is fast enough."""

import pytest

from hand_tracking_dsp.compression.baselines import fit
from hand_tracking_dsp.compression.baselines.fit import fit_latency, latency_ratio
from hand_tracking_dsp.errors import ConfigurationError


@pytest.fixture
def square(monkeypatch):
    """A network is a number, and takes its square of the dense one's time."""
    monkeypatch.setattr(fit, "latency_ratio", lambda model, _: model**2)


@pytest.mark.usefixtures("square")
@pytest.mark.parametrize("ratio", [0.81, 0.5, 0.09])
def test_the_largest_network_that_is_fast_enough_is_found(ratio):
    size, model = fit_latency(lambda size: size, None, ratio)
    assert model == size
    assert size**2 <= ratio < (size + 1 / 32) ** 2


def test_a_bisection_that_was_led_astray_is_repeated(monkeypatch):
    disturbed = iter([5.0])
    monkeypatch.setattr(fit, "latency_ratio", lambda model, _: next(disturbed, model))
    size, _ = fit_latency(lambda size: size, None, 0.8)
    assert 0.76 < size <= 0.8


@pytest.mark.usefixtures("square")
def test_a_latency_that_cannot_be_reached_is_refused():
    with pytest.raises(ConfigurationError, match=r"latency of 0\.2 of the dense network's cannot be reached"):
        fit_latency(lambda size: 0.6 + size, None, 0.2)


def test_the_ratio_is_that_of_two_networks_timed_in_turn(lite, monkeypatch):
    timed = []

    def undisturbed_ms(sessions, runs):
        timed.append((len(sessions), runs > 1, min(session.inputs[0].shape[-1] for session in sessions)))
        return 4.0, 1.0

    monkeypatch.setattr(fit, "undisturbed_ms", undisturbed_ms)
    assert latency_ratio(lite, lite) == 0.25
    assert timed == [(2, True, 224)]
