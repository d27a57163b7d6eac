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

"""A study keeps what is done, and its figures are compared as they should be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.rl.federated import study as study_module
from hand_tracking_dsp.rl.federated.fleet import Fleet
from hand_tracking_dsp.rl.federated.options import STRATEGIES, FederationOptions
from hand_tracking_dsp.rl.federated.study import ALL, ALONE, FleetStudy, alike
from hand_tracking_dsp.rl.federated.study_scores import StudyScores, play_unseen
from hand_tracking_dsp.rl.federated.training_files import Training
from hand_tracking_dsp.rl.training.forecast_data import LabelledObservations
from hand_tracking_dsp.rl.training.forecast_round import first_layers
from hand_tracking_dsp.tracking.manifest import Manifest

OPTIONS = FederationOptions(strategy="fedavgm", rounds=1, epochs=1)


def nothing_shown(name: str, done: int, total: int) -> None:
    """Show no progress."""


@pytest.fixture
def study(tmp_path: Path, bank: Manifest, observations: list[LabelledObservations]) -> FleetStudy:
    return FleetStudy(tuple(observations[:2]), bank, OPTIONS, 0, tmp_path)


def test_a_study_trains_in_every_way_and_a_second_call_finds_it_done(
    study: FleetStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = study.train_all(nothing_shown)
    assert set(first) == {ALL, *STRATEGIES, alike("fedavgm"), f"{ALONE} 0", f"{ALONE} 1"}
    for name in ("train_layers", "federated"):
        monkeypatch.setattr(study_module, name, None)
    again = study.train_all(nothing_shown)
    for name, training in first.items():
        assert again[name].bytes == training.bytes
        for (weight, bias), (kept_weight, kept_bias) in zip(training.layers, again[name].layers, strict=True):
            np.testing.assert_array_equal(weight, kept_weight)
            np.testing.assert_array_equal(bias, kept_bias)


def test_a_poisoned_training_is_kept_with_what_was_refused(study: FleetStudy) -> None:
    first, again = (study.train_poisoned(nothing_shown) for _ in range(2))
    guarded = "fedavgm, one sends NaN"
    assert first[guarded].refused == again[guarded].refused == 1
    assert again[guarded].rounds[0].refused == first[guarded].rounds[0].refused
    assert not np.isfinite(again["fedavgm without the guard, one sends NaN"].layers[0][0]).all()


def test_a_damaged_part_is_named(study: FleetStudy, tmp_path: Path) -> None:
    study.train_all(nothing_shown)
    file = next(tmp_path.glob("training_*.npz"))
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(ModelError, match=f"{file.name} cannot be read"):
        study.train_all(nothing_shown)


def test_a_network_that_cannot_be_exported_is_not_played(
    bank: Manifest, tmp_path: Path, observations: list[LabelledObservations]
) -> None:
    sound = first_layers(0)
    huge = tuple((weight * np.float32(1e6), bias) for weight, bias in sound)
    fleet = Fleet((), (), (), observations[0])  # nobody to play
    found = play_unseen(
        fleet, bank, {"sound": Training(sound), "huge": Training(huge)}, 1, tmp_path, nothing_shown
    )
    assert "sound" in found
    assert "huge" not in found


def test_the_share_of_the_gain_is_of_what_all_data_gain_over_robots_alone() -> None:
    gains = {ALONE: np.zeros(4), ALL: np.full(4, 2.0), "fedavg": np.array([1.0, 1.0, 2.0, 2.0])}
    share = StudyScores({}, gains).share_of_gain("fedavg")
    assert share.value == pytest.approx(0.75)
    assert share.low < 0.75 < share.high


def test_where_all_data_gain_nothing_there_is_no_share() -> None:
    gains = {ALONE: np.zeros(2), ALL: np.zeros(2), "fedavg": np.zeros(2)}
    assert np.isnan(StudyScores({}, gains).share_of_gain("fedavg").value)
