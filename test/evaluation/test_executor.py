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

"""One executor for all places: the same results, whoever is killed meanwhile."""

from __future__ import annotations

import multiprocessing
import socket
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.work import calls, cluster, drawn, drawn_after_a_kill, failing, killed_always  # noqa: F401

from hand_tracking_dsp.errors import ConfigurationError, HandTrackingError
from hand_tracking_dsp.evaluation import executor
from hand_tracking_dsp.evaluation.executor import Executor

SEEDS = range(6)
ALONE = Executor(1)


def same(one: list[Any], other: list[Any]) -> None:
    assert len(one) == len(other)
    for ours, theirs in zip(one, other, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_results_are_those_of_one_process_in_the_order_of_the_items(workers: int) -> None:
    told: list[tuple[int, int]] = []
    found = Executor(workers).map(drawn, 2.0, SEEDS, lambda *counts: told.append(counts))
    same(found, [drawn(2.0, seed) for seed in SEEDS])
    assert told == [(done, len(SEEDS)) for done in range(1, len(SEEDS) + 1)]


def test_without_items_there_is_nothing_to_do() -> None:
    assert Executor(2).map(drawn, 2.0, []) == []


def test_a_process_that_is_killed_is_replaced_and_only_its_item_run_again(tmp_path: Path) -> None:
    found = Executor(2).map(drawn_after_a_kill, tmp_path, SEEDS)
    same(found, ALONE.map(drawn, 2.0, SEEDS))
    assert {seed: len(processes) for seed, processes in calls(tmp_path).items()} == {
        seed: 2 if seed == 3 else 1 for seed in SEEDS
    }


def test_work_that_always_kills_its_process_is_given_up(tmp_path: Path) -> None:
    with pytest.raises(HandTrackingError, match=r"was killed 4 times at the same work \(exit status -9\)"):
        Executor(2).map(killed_always, tmp_path, SEEDS)
    assert len(calls(tmp_path)[1]) == 4
    assert not multiprocessing.active_children()


def test_an_error_is_raised_once_with_its_traceback(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Seed 1 cannot be used") as raised:
        Executor(2).map(failing, tmp_path, SEEDS)
    assert "in failing" in str(raised.value.__cause__)
    assert len(calls(tmp_path)[1]) == 1
    assert not multiprocessing.active_children()


def test_giving_up_ends_the_processes(tmp_path: Path) -> None:
    results = Executor(2).as_completed(failing, tmp_path, [2, 3, 4, 5])
    next(results)
    assert len(multiprocessing.active_children()) == 2
    results.close()
    assert not multiprocessing.active_children()


def test_a_cluster_finds_the_same_though_a_worker_is_killed(
    cluster: Any,  # noqa: F811
    tmp_path: Path,
) -> None:
    told: list[tuple[int, int]] = []
    there = Executor(cluster=cluster.scheduler_address)
    found = there.map(drawn_after_a_kill, tmp_path, SEEDS, lambda *counts: told.append(counts))
    same(found, ALONE.map(drawn, 2.0, SEEDS))
    assert len(calls(tmp_path)[3]) == 2
    assert told == [(done, len(SEEDS)) for done in range(1, len(SEEDS) + 1)]


def test_a_cluster_gives_up_work_that_always_kills_and_raises_errors_once(
    cluster: Any,  # noqa: F811
    tmp_path: Path,
) -> None:
    there = Executor(cluster=cluster.scheduler_address)
    with pytest.raises(ValueError, match="Seed 1 cannot be used"):
        there.map(failing, tmp_path, SEEDS)
    assert len(calls(tmp_path)[1]) == 1
    with pytest.raises(HandTrackingError, match=r"lost the work \(KilledWorker\): see the log"):
        there.map(killed_always, tmp_path, [1])


def test_a_cluster_that_is_lost_is_named(cluster: Any, tmp_path: Path) -> None:  # noqa: F811
    there = Executor(cluster=cluster.scheduler_address)
    with pytest.raises(HandTrackingError, match=r"lost the work|has no worker"):
        there.map(failing, tmp_path, range(2, 40), lambda *_: cluster.close())


def test_a_cluster_without_workers_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed", reason="Dask is not installed: pip install distributed")
    monkeypatch.setattr(executor, "_NO_WORKER_S", 0.5)
    with distributed.LocalCluster(
        n_workers=0, processes=False, dashboard_address=None, local_directory=str(tmp_path)
    ) as empty:
        there = Executor(cluster=empty.scheduler.address)
        with pytest.raises(ConfigurationError, match="has no worker: start one with dask worker"):
            there.map(drawn, 2.0, SEEDS)


def test_a_scheduler_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed", reason="Dask is not installed: pip install distributed")
    monkeypatch.setattr(executor, "_CONNECT_S", 1.0)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))  # and does not listen
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(ConfigurationError, match=f"{address} does not answer"):
        Executor(cluster=address).map(drawn, 2.0, SEEDS)
