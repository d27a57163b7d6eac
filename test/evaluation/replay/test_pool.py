from __future__ import annotations

import socket

import numpy as np
import pytest

from hand_tracking_dsp.errors import ConfigurationError, SourceError
from hand_tracking_dsp.evaluation.replay import pool
from hand_tracking_dsp.evaluation.replay.levels import Setting
from hand_tracking_dsp.evaluation.replay.pool import run_here, run_on_cluster
from hand_tracking_dsp.evaluation.replay.unit import Material, Unit


@pytest.fixture
def units(synthetic_bag, replay_options):
    settings = (Setting("level 1", level=1), Setting("level 5", level=5))
    return [Unit(Material("b", synthetic_bag), setting, replay_options) for setting in settings]


def errors(results):
    return {result.unit.setting.name: result.frames["error_px"] for result in results}


def same(one, other):
    assert one.keys() == other.keys()
    for name, values in one.items():
        np.testing.assert_array_equal(values, other[name])


def test_several_processes_find_the_same_as_one(units, synthetic_frames):
    here, there = [], []
    alone = errors(run_here(units, 1, here.append))
    same(alone, errors(run_here(units, 2, there.append)))
    assert sum(here) == sum(there) == 2 * len(synthetic_frames)


def test_an_error_in_another_process_is_raised_here(tmp_path, replay_options):
    missing = Unit(Material("b", tmp_path / "none"), Setting("level 0", level=0), replay_options)
    with pytest.raises(SourceError, match="There is no bag"):
        list(run_here([missing, missing], 2, lambda _: None))


def test_a_dask_cluster_finds_the_same(units, synthetic_frames, tmp_path):
    distributed = pytest.importorskip("distributed", reason="Dask is not installed: pip install distributed")
    done = []
    with distributed.LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        processes=True,
        dashboard_address=None,
        local_directory=str(tmp_path),
    ) as cluster:
        address = cluster.scheduler_address
        found = errors(run_on_cluster(units, address, done.append, lambda _: len(synthetic_frames)))
    same(errors(run_here(units, 1, lambda _: None)), found)
    assert sum(done) == 2 * len(synthetic_frames)


def test_a_scheduler_that_does_not_answer_is_named(units, monkeypatch):
    pytest.importorskip("distributed", reason="Dask is not installed: pip install distributed")
    monkeypatch.setattr(pool, "_CONNECT_S", 1.0)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))  # and does not listen
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(ConfigurationError, match=f"{address} does not answer"):
        list(run_on_cluster(units, address, lambda _: None, lambda _: 1))
