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

"""How far pruned levels drift from the dense one, beside what is published."""

from __future__ import annotations

import time
from unittest.mock import Mock

import numpy as np
from support.networks import write_bank_with_errors

from hand_tracking_dsp.resources import original_bank
from hand_tracking_dsp.tracking.drift import DriftMonitor
from hand_tracking_dsp.tracking.types import Drift

NODE = "hand_tracker_node"
# A budget that every frame keeps, on a busy machine too.
AMPLE_MS = 60_000.0
# A bank whose levels do not say how far off they are, and its sparser level.
WITHOUT_ERROR = {"bank": str(original_bank()), "level": 1}


def values_of(status):
    return {value.key: value.value for value in status.values}


def test_drift_from_the_dense_level_is_measured_on_every_so_many_frames(start, camera):
    start(**WITHOUT_ERROR, drift_interval=3, drift_budget_ms=AMPLE_MS)
    stats = camera.exchange(9)
    measured = [s for s in stats if s.drift_ms > 0]
    assert [s.frame for s in measured] == [3, 6, 9]
    assert all(0 < s.drift < 30 and np.isnan(s.drift_sparser) for s in measured)
    assert all(np.isnan(s.drift) for s in stats if s not in measured)


def test_at_the_dense_level_drift_is_zero_and_that_of_the_next_is_told(start, camera):
    start(drift_interval=2, drift_budget_ms=AMPLE_MS, **{"gate.enabled": False})
    first, second = camera.exchange(2)
    assert np.isnan(first.drift)
    assert second.drift == 0
    assert 0 < second.drift_sparser < 30


def test_drift_is_not_measured_where_the_budget_does_not_allow_it(graph, start, camera):
    start(**WITHOUT_ERROR, drift_interval=1, drift_budget_ms=0.5)
    stats = camera.exchange(4)
    assert all(np.isnan(s.drift) and s.drift_ms == 0 for s in stats)
    assert all(s.hands == 2 for s in stats)
    assert graph.set_parameter(NODE, "drift_budget_ms", AMPLE_MS).successful
    assert camera.exchange(2)[-1].drift > 0
    assert graph.set_parameter(NODE, "drift_interval", 0).successful
    assert np.isnan(camera.exchange(2)[-1].drift)


def test_hands_and_stats_are_published_though_measuring_the_drift_fails(graph, start, camera, monkeypatch):
    monkeypatch.setattr(DriftMonitor, "measure", Mock(side_effect=RuntimeError("out of memory")))
    start()
    stats = camera.exchange(3)
    assert all(s.hands == 2 and np.isnan(s.drift) and s.frames_rejected == 0 for s in stats)
    graph.until(lambda: len(camera.hands) == camera.sent, "all hands were heard")


def test_hands_do_not_wait_for_the_drift(start, camera, monkeypatch):
    def until_the_hands_are_heard(*_):
        patience = 6000
        while len(camera.hands) < camera.sent and (patience := patience - 1):
            time.sleep(0.01)
        return Drift(float(len(camera.hands)), ms=500.0)

    start()
    camera.exchange(1)
    monkeypatch.setattr(DriftMonitor, "measure", until_the_hands_are_heard)
    assert camera.exchange(1)[0].drift == camera.sent


def test_a_level_that_says_its_own_error_tells_its_drift_on_every_frame(
    graph, start, camera, diagnostics, tmp_path
):
    bank = write_bank_with_errors(tmp_path / "bank", None, 7.5)
    start(level=1, bank=str(bank), drift_interval=1, drift_budget_ms=AMPLE_MS)
    stats = camera.exchange(6)
    assert all(s.drift == 7.5 and s.drift_estimated and s.drift_ms == 0 for s in stats)
    graph.until(lambda: len(camera.hands) == camera.sent, "all hands were heard")
    assert {hand.error_percent for message in camera.hands for hand in message.hands} == {7.5}
    status = diagnostics(NODE, lambda status: "drift" in values_of(status))
    assert values_of(status)["drift"] == "estimated by the level"
    assert values_of(status)["drift_percent"] == "7.5"


def test_in_a_mixed_bank_a_level_that_does_not_say_it_is_measured(start, camera, tmp_path):
    bank = write_bank_with_errors(tmp_path / "bank", 2.0, None)
    start(level=1, bank=str(bank), drift_interval=2, drift_budget_ms=AMPLE_MS)
    stats = camera.exchange(4)
    assert [s.drift_ms > 0 for s in stats] == [False, True, False, True]
    assert not any(s.drift_estimated for s in stats)
    assert all(np.isnan(hand.error_percent) for hand in camera.hands[-1].hands)


def test_errors_that_cannot_be_are_warned_of_and_drift_is_measured(
    graph, start, camera, diagnostics, tmp_path
):
    bank = write_bank_with_errors(tmp_path / "bank", np.nan, -5.0)
    start(level=1, bank=str(bank), drift_interval=1, drift_budget_ms=AMPLE_MS)
    stats = camera.exchange(3)
    assert all(s.hands == 2 and s.drift_ms > 0 and not s.drift_estimated for s in stats)
    graph.until(lambda: len(camera.hands) == camera.sent, "all hands were heard")
    assert all(np.isnan(hand.error_percent) for message in camera.hands for hand in message.hands)
    status = diagnostics(NODE, lambda status: "cannot be" in status.message)
    assert status.message.count("Level 1 (lite) says that its landmarks are -5 % off") == 1


def test_the_gates_limit_of_error_can_change_while_it_runs(graph, start, camera, tmp_path):
    bank = write_bank_with_errors(tmp_path / "bank", None, 20.0)
    still = camera.frames[:1]
    start(level=1, bank=str(bank), **{"gate.max_error_percent": 10.0, "gate.max_hold_ms": 10_000.0})
    camera.frames = still
    assert all(s.predicted == 0 for s in camera.exchange(4))
    assert graph.set_parameter(NODE, "gate.max_error_percent", 25.0).successful
    assert camera.exchange(4)[-1].predicted == 2
    refused = graph.set_parameter(NODE, "gate.max_error_percent", -1.0)
    assert not refused.successful
