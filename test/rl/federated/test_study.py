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

import shutil
from dataclasses import replace
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


@pytest.fixture(scope="module")
def study(
    tmp_path_factory: pytest.TempPathFactory, bank: Manifest, observations: list[LabelledObservations]
) -> FleetStudy:
    """Return a study that has trained in every way."""
    pytest.importorskip("ray", reason="ray is not installed: pip install -r requirements/fleet.in")
    study = FleetStudy(tuple(observations[:2]), bank, OPTIONS, 0, tmp_path_factory.mktemp("study"))
    study.train_all(nothing_shown)
    study.train_poisoned(nothing_shown)
    return study


def test_a_study_trains_in_every_way_and_a_second_call_finds_it_done(
    study: FleetStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = {file: file.stat().st_mtime_ns for file in study.folder.iterdir()}
    for name in ("train_layers", "simulate"):
        monkeypatch.setattr(study_module, name, None)
    shown: list[tuple[int, int]] = []
    found = study.train_all(lambda _name, done, total: shown.append((done, total)))
    assert set(found) == {ALL, *STRATEGIES, alike("fedavgm"), f"{ALONE} 0", f"{ALONE} 1"}
    assert all(np.isfinite(weight).all() for one in found.values() for weight, _ in one.layers)
    assert all(len(found[name].rounds) == 1 for name in STRATEGIES)
    assert shown[-1] == (len(found), len(found))
    assert {file: file.stat().st_mtime_ns for file in study.folder.iterdir()} == written


def test_a_poisoned_training_is_kept_with_what_was_refused(study: FleetStudy) -> None:
    found = study.train_poisoned(nothing_shown)
    guarded = found["fedavgm, one sends NaN"]
    assert guarded.refused == 1
    assert set(guarded.rounds[0].refused) == {1}
    assert not np.isfinite(found["fedavgm without the guard, one sends NaN"].layers[0][0]).all()
    assert found["fedavgm, one sends huge weights"].refused == 1
    assert found["fedavgm without the guard, one sends huge weights"].refused == 0


def test_a_damaged_part_is_named(study: FleetStudy, tmp_path: Path) -> None:
    shutil.copytree(study.folder, tmp_path, dirs_exist_ok=True)
    for file in tmp_path.glob("training_*.npz"):
        file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(ModelError, match=r"training_\w+\.npz cannot be read"):
        replace(study, folder=tmp_path).train_all(nothing_shown)


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
