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

from hand_tracking_dsp.tracking.drift import DriftMonitor
from hand_tracking_dsp.tracking.types import Drift

NODE = "hand_tracker_node"
# A budget that every frame keeps, on a busy machine too.
AMPLE_MS = 60_000.0


def test_drift_from_the_dense_level_is_measured_on_every_so_many_frames(start, camera):
    start(level=2, drift_interval=3, drift_budget_ms=AMPLE_MS)
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
    start(level=2, drift_interval=1, drift_budget_ms=0.5)
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
