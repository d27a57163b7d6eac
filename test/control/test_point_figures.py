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

"""Figures of the operating points of banks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from hand_tracking_dsp.control.point_figures import PointFigures
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.manifest import Manifest, read_manifest


def test_the_package_s_own_bank_is_cheaper_from_point_to_point() -> None:
    figures = PointFigures.of(read_manifest(default_bank()))
    assert figures.level_time[0] == 1
    assert all(figures.cost[1:] < figures.cost[:-1])
    assert all(figures.level_time[1:] <= figures.level_time[:-1])
    assert figures.densest == 1


def test_a_bank_that_was_not_timed_goes_by_the_work(make_bank: Callable[..., Manifest]) -> None:
    bank = make_bank(3)
    levels = [replace(level, macs=macs) for level, macs in zip(bank.levels, (8, 4, 2), strict=True)]
    figures = PointFigures.of(bank.with_levels(levels))
    assert figures.count == 3
    assert figures.level_time == pytest.approx([1, 0.5, 0.25])
    assert figures.cost == pytest.approx([1, 0.5, 0.25])
    assert list(figures.level_percent) == [0, 0, 0]


def test_points_that_were_not_measured_drift_as_their_networks_do() -> None:
    bank = read_manifest(default_bank())
    figures = PointFigures.of(replace(bank, operating_points=None))
    assert figures.count == len(bank.levels)
    assert figures.level_percent[0] == 0
    assert all(figures.level_percent[1:] > figures.level_percent[:-1])
