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

"""Flower's simulation trains the same however many processes it has, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from flwr.app import Error, Message, RecordDict

from hand_tracking_dsp.errors import HandTrackingError
from hand_tracking_dsp.rl.federated.client import REFUSED
from hand_tracking_dsp.rl.federated.options import FederationOptions
from hand_tracking_dsp.rl.federated.part_files import read_arrays
from hand_tracking_dsp.rl.federated.simulation import FleetTraining, simulate
from hand_tracking_dsp.rl.federated.simulation_server import require_all
from hand_tracking_dsp.rl.training.forecast_data import LabelledObservations
from hand_tracking_dsp.tracking.manifest import Manifest

OPTIONS = FederationOptions(strategy="fedavgm", rounds=3, batch=64)

with_ray = pytest.mark.usefixtures("ray")


@pytest.fixture
def ray() -> None:
    pytest.importorskip("ray", reason="ray is not installed: pip install -r requirements/fleet.in")


def processes_of_ours() -> dict[int, str]:
    """Return the names of living processes of sessions that this one's children lead."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            state, session = status_of(folder.name)[0], status_of(folder.name)[3]
            leader = status_of(session)
            if state != "Z" and session != str(os.getsid(0)) and leader[1] == str(os.getpid()):
                found[int(folder.name)] = (folder / "cmdline").read_text(errors="replace")
    return found


def status_of(process: str) -> list[str]:
    """Return state, parent, process group, session and more."""
    return (
        Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    )


def once(act: Callable[[int], None]) -> Callable[[], None]:
    """Return what does something to a process of Ray that runs clients, as soon as there is one."""
    done = False

    def wait() -> None:
        nonlocal done
        actors = [number for number, name in processes_of_ours().items() if "ClientAppActor" in name]
        if actors and not done:
            done = True
            act(actors[0])

    return wait


@pytest.fixture
def training(tmp_path: Path, observations: list[LabelledObservations]) -> FleetTraining:
    return FleetTraining(tmp_path / "training.npz", observations, OPTIONS, 0)


@with_ray
def test_two_processes_and_a_second_training_give_the_same_weights(
    bank: Manifest, training: FleetTraining, tmp_path: Path
) -> None:
    found = []
    for workers in (1, 2):
        files = [tmp_path / f"{number}_of_{workers}.npz" for number in range(2)]
        simulate([replace(training, file=file) for file in files], bank, workers, tmp_path / "log")
        found += [read_arrays(file) or {} for file in files]
    for other in found[1:]:
        for name, array in found[0].items():
            np.testing.assert_array_equal(array, other[name])


@with_ray
def test_a_killed_process_ends_the_training_with_a_sentence(
    bank: Manifest, training: FleetTraining, tmp_path: Path
) -> None:
    endless = replace(training, options=replace(OPTIONS, rounds=100_000))
    with pytest.raises(HandTrackingError, match=r"was killed.*run the command again"):
        simulate([endless], bank, 2, tmp_path / "log", once(lambda actor: os.kill(actor, signal.SIGKILL)))
    assert not training.file.exists()
    assert not processes_of_ours()


@with_ray
def test_an_interrupted_simulation_leaves_no_process_and_no_folder(
    bank: Manifest, training: FleetTraining, tmp_path: Path
) -> None:
    folders: list[Path] = []

    def interrupt(actor: int) -> None:
        folder = Path(f"/proc/{actor}/environ").read_text(errors="replace").partition("FLWR_HOME=")[2]
        folders.append(Path(folder.partition("\0")[0]).parent)
        raise KeyboardInterrupt

    endless = replace(training, options=replace(OPTIONS, rounds=100_000))
    with pytest.raises(KeyboardInterrupt):
        simulate([endless], bank, 1, tmp_path / "log", once(interrupt))
    assert not processes_of_ours()
    assert len(folders) == 1
    assert not folders[0].exists()


def reply(code: int | None = None) -> Message:
    asked = Message(RecordDict(), 1, "train")
    if code is None:
        return Message(RecordDict(), reply_to=asked)
    return Message(Error(code, "why"), reply_to=asked)


def test_a_client_that_failed_or_did_not_answer_is_told_from_one_that_refuses() -> None:
    require_all([reply(), reply(REFUSED)], 2)
    with pytest.raises(HandTrackingError, match=r"failed.*why"):
        require_all([reply(), reply(0)], 2)
    with pytest.raises(HandTrackingError, match="Of 2 simulated clients 1 did not answer"):
        require_all([reply()], 2)
