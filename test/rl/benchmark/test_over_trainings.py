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

"""Means over trainings, and their comparison with other policies."""

from __future__ import annotations

import math
from dataclasses import fields, replace

import numpy as np
import pytest

from hand_tracking_dsp.evaluation.statistics import PairedTest, mean_interval
from hand_tracking_dsp.rl.benchmark.evaluate import EpisodeScore
from hand_tracking_dsp.rl.benchmark.over_trainings import OverTrainings


def scores(errors: list[float]) -> list[EpisodeScore]:
    nothing = dict.fromkeys((field.name for field in fields(EpisodeScore)), 0)
    return [
        EpisodeScore(**{**nothing, "error": error, "miss_share": 0.01, "energy_j": 9}) for error in errors
    ]


PLAYED = {
    "seed 0": scores([0.1, 0.3, 0.5]),
    "seed 1": scores([0.2, 0.4, 0.9]),
    "rule": scores([0.3, 0.4, 0.8]),
}


def test_the_mean_has_its_interval_over_trainings() -> None:
    found = OverTrainings.of(PLAYED, ("seed 0", "seed 1"), ())
    assert found.means["error"] == mean_interval(np.array([0.3, 0.5]))
    assert found.title.startswith("Over 2 training seeds:")


def test_opponents_are_met_mission_by_mission_with_the_mean_over_trainings() -> None:
    found = OverTrainings.of(PLAYED, ("seed 0", "seed 1"), ("rule",))
    expected = PairedTest.of(np.array([0.15, 0.35, 0.7]), np.array([0.3, 0.4, 0.8]))
    assert found.against["rule"]["error"].difference.value == pytest.approx(expected.difference.value)
    assert found.against["rule"]["error"].ratio.value == pytest.approx(1.2 / 1.5)
    assert found.against["rule"]["energy_j"].ratio.value == pytest.approx(1.0)
    assert found.headings() == ["measure", "mean over seeds", "ratio to rule"]
    error = next(row for row in found.rows() if row[0].startswith("error"))
    assert error[1].startswith("0.400 (")
    assert error[2].startswith("0.80 (")
    assert found.value()["against"]["rule"]["error"]["ratio"]["value"] == pytest.approx(0.8)


def test_a_mission_without_a_hand_has_no_error_to_compare() -> None:
    played = {name: [*found, *scores([math.nan])] for name, found in PLAYED.items()}
    assert OverTrainings.of(played, ("seed 0",), ("rule",)) == OverTrainings.of(
        PLAYED, ("seed 0",), ("rule",)
    )


def test_one_training_has_no_interval() -> None:
    found = OverTrainings.of(PLAYED, ("seed 0",), ("rule",))
    assert found.means["error"].low == found.means["error"].high == pytest.approx(0.3)
    assert found.title.startswith("Over 1 training seed:")
    error = next(row for row in found.rows() if row[0].startswith("error"))
    assert error[1] == "0.300"


def test_what_cannot_be_divided_has_no_ratio() -> None:
    never = [replace(one, miss_share=0.0) for one in PLAYED["rule"]]
    found = OverTrainings.of({**PLAYED, "rule": never}, ("seed 0",), ("rule",))
    late = next(row for row in found.rows() if row[0].startswith("late"))
    assert late[2] == "-"
