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

from __future__ import annotations

import multiprocessing
import os
import signal
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest

from hand_tracking_dsp.errors import HandTrackingError, ModelError
from hand_tracking_dsp.evaluation.replay.points import Setting
from hand_tracking_dsp.evaluation.replay.pool import LeftOut, run_here, run_on_cluster
from hand_tracking_dsp.evaluation.replay.run import RecordingSpec, Unit


@pytest.fixture
def units(synthetic_bag, replay_options):
    settings = (Setting("level 1", level=1), Setting("level 4", level=4))
    return [Unit(RecordingSpec("b", synthetic_bag), setting, replay_options) for setting in settings]


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


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_recording_that_cannot_be_read_is_left_out(units, tmp_path, replay_options, jobs):
    missing = Unit(RecordingSpec("b", tmp_path / "none"), Setting("level 0", level=0), replay_options)
    found = {one.unit: one for one in run_here([missing, units[0]], jobs, lambda _: None)}
    assert isinstance(found[missing], LeftOut)
    assert "There is no bag" in found[missing].reason
    assert len(found[units[0]].frames) > 0


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_policy_that_cannot_be_used_is_raised(units, tmp_path, jobs):
    wrong = replace(units[0], setting=Setting("policy p", policy=str(tmp_path / "none.json")))
    with pytest.raises(ModelError, match=r"none\.json"):
        list(run_here([wrong, units[0]], jobs, lambda _: None))


def test_a_process_that_is_killed_is_replaced(units, synthetic_frames):
    killed, told = [], []

    def kill_once(frames):
        told.append(frames)
        # One that has begun with its unit.
        if sum(told) and not killed:
            process = multiprocessing.active_children()[0]
            os.kill(process.pid, signal.SIGKILL)
            killed.append(process.pid)

    found = errors(run_here(units, 2, kill_once))
    assert killed
    same(errors(run_here(units, 1, lambda _: None)), found)
    assert sum(told) == 2 * len(synthetic_frames)


def test_processes_that_are_killed_again_and_again_are_named(units):
    def kill(_frames):
        for process in multiprocessing.active_children():
            # One may have ended meanwhile.
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)

    with pytest.raises(HandTrackingError, match=r"was killed.*fewer processes"):
        list(run_here(units, 2, kill))


def test_giving_up_does_not_wait_for_what_runs(units):
    def interrupt(frames):
        if frames:
            raise KeyboardInterrupt

    seen = []
    many = [replace(units[0], setting=Setting(f"run {number}", level=4)) for number in range(20)]
    with pytest.raises(KeyboardInterrupt):
        seen.extend(run_here(many, 2, interrupt))
    assert len(seen) < 3
    assert not multiprocessing.active_children()


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
