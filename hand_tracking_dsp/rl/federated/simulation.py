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

"""Runs federated trainings by Flower's simulation, in processes that end with this one.

Flower starts Ray, which takes seconds; one run does all trainings of a study. What both tell of themselves
goes into a log, what they keep into a temporary folder.
"""

from __future__ import annotations

import pickle
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from hand_tracking_dsp.errors import HandTrackingError
from hand_tracking_dsp.rl.federated.options import FederationOptions
from hand_tracking_dsp.rl.federated.part_files import write_missions
from hand_tracking_dsp.rl.federated.running import running
from hand_tracking_dsp.rl.training.forecast_data import LabelledObservations
from hand_tracking_dsp.temporary import temporary_folder
from hand_tracking_dsp.tracking.manifest import Manifest

LOG, FAILURE = "flower.log", "failure.txt"
"""Files of what Flower and Ray say, and of why trainings were not done."""

_SERVER = "hand_tracking_dsp.rl.federated.simulation_server"
_POLL_S = 0.2
# The names of Ray's sockets have room for a short folder alone; TMPDIR may be a long one.
_SHORT = Path("/tmp")  # noqa: S108 (a folder of our own is made in it)


@dataclass(frozen=True, slots=True, eq=False)
class FleetTraining:
    """A federated training to do.

    Attributes:
        file: File that it is kept in, see training_files.
        data: What each client learns from.
        options: Settings.
        seed: Seed of the first weights.
        spoil: What the first client does to its weights, one of simulation_client.SPOILS; "": nothing.
    """

    file: Path
    data: Sequence[LabelledObservations]
    options: FederationOptions
    seed: int
    spoil: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """A training as it is told to the process that does it.

    Attributes:
        file: File that it is kept in.
        data: Folder of what each client learns from, 0.npz being the first one's.
        options: Settings, with the number of clients.
        seed: Seed of the first weights.
        spoil: What the first client does to its weights.
    """

    file: Path
    data: Path
    options: FederationOptions
    seed: int
    spoil: str


@dataclass(frozen=True, slots=True)
class FleetSimulation:
    """Trainings of one run of the simulation.

    Attributes:
        tasks: Trainings, all of as many clients.
        bank: Bank whose operating points are chosen from.
        workers: Number of Ray's processes that clients run in.
        folder: Folder for what is needed meanwhile.
    """

    tasks: tuple[Task, ...]
    bank: Manifest
    workers: int
    folder: Path


def simulate(
    trainings: Sequence[FleetTraining],
    bank: Manifest,
    workers: int,
    log: Path,
    on_wait: Callable[[], None] = lambda: None,
) -> None:
    """Do trainings, each of which is in its file as soon as it is done.

    Args:
        trainings: Trainings, all of as many clients.
        bank: Bank whose operating points are chosen from.
        workers: Number of processes that clients run in.
        log: File that what Flower and Ray say is added to.
        on_wait: Called every now and then.

    Raises:
        HandTrackingError: The simulation ended before its time.
        OutputError: A file cannot be written.
    """
    with temporary_folder(_SHORT) as folder:
        simulation = FleetSimulation(_tasks(trainings, folder), bank, workers, folder)
        command = ["python", "-m", _SERVER]
        with running(command, folder / "flower", log, subprocess.PIPE) as process:
            # The pipe stays open: the process ends itself, and Ray, where this one is gone.
            with suppress(BrokenPipeError):
                _send(process, simulation)
            while process.poll() is None:
                on_wait()
                time.sleep(_POLL_S)
        on_wait()
        failure = folder / FAILURE
        if failure.exists():
            msg = f"{failure.read_text(encoding='utf-8')} What Flower and Ray say is in {log}."
            raise HandTrackingError(msg)
        if any(not one.file.exists() for one in trainings):
            msg = (
                f"Flower's simulation ended before its time (exit status {process.returncode}): see {log}, "
                "and run the command again, which goes on from the trainings that are done."
            )
            raise HandTrackingError(msg)


def _tasks(trainings: Sequence[FleetTraining], folder: Path) -> tuple[Task, ...]:
    """Write what clients learn from, once where trainings share it.

    Raises:
        OutputError: It cannot be written.
    """
    tasks: list[Task] = []
    folders: dict[int, Path] = {}
    for one in trainings:
        data = folders.setdefault(id(one.data), folder / f"data{len(folders)}")
        if not data.exists():
            for number, own in enumerate(one.data):
                write_missions(data / f"{number}.npz", own)
        options = replace(one.options, clients=len(one.data))
        tasks.append(Task(one.file, data, options, one.seed, one.spoil))
    return tuple(tasks)


def _send(process: subprocess.Popen[bytes], simulation: FleetSimulation) -> None:
    if process.stdin:
        pickle.dump(simulation, process.stdin)
        process.stdin.flush()
