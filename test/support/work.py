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

"""Work for tests of executors, which other processes import, and a Dask cluster to run it on."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Start a Dask cluster of two processes on this machine, which are replaced when they are killed."""
    distributed = pytest.importorskip("distributed", reason="Dask is not installed: pip install distributed")
    dask = pytest.importorskip("dask", reason="Dask is not installed: pip install distributed")
    # Each death takes seconds, until the next worker is there.
    once = dask.config.set({"distributed.scheduler.allowed-failures": 1})
    with (
        once,
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address=None,
            local_directory=str(tmp_path_factory.mktemp("dask")),
        ) as started,
    ):
        yield started


def drawn(scale: float, seed: int) -> np.ndarray[Any, Any]:
    """Compute numbers that a seed alone decides, in floating point."""
    values = np.random.default_rng(seed).normal(size=(40, 40))
    return scale * np.linalg.solve(values, values.T).sum(axis=1)


def drawn_after_a_kill(folder: Path, seed: int) -> np.ndarray[Any, Any]:
    """Compute the same; the first process that is to compute seed 3 is killed at it."""
    _note(folder, seed)
    if seed == 3 and len(calls(folder)[3]) == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return drawn(2.0, seed)


def killed_always(folder: Path, seed: int) -> int:
    """Kill the process that computes seed 1, whenever it does."""
    _note(folder, seed)
    if seed == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return seed


def failing(folder: Path, seed: int) -> int:
    """Raise an error for seed 1."""
    _note(folder, seed)
    if seed == 1:
        msg = "Seed 1 cannot be used."
        raise ValueError(msg)
    return seed


def _note(folder: Path, seed: int) -> None:
    with (folder / f"seed{seed}").open("a", encoding="ascii") as file:
        file.write(f"{os.getpid()}\n")


def calls(folder: Path) -> dict[int, list[int]]:
    """Return the processes, by their numbers, that began to compute each seed."""
    return {
        int(path.name.removeprefix("seed")): [int(line) for line in path.read_text(encoding="ascii").split()]
        for path in folder.glob("seed*")
    }
