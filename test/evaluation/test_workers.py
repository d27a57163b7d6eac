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

import sys
import time

import numpy as np
import pytest

from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.factory import open_source
from hand_tracking_dsp.errors import ConfigurationError, HandTrackingError
from hand_tracking_dsp.evaluation.speed import alternate, switch_levels
from hand_tracking_dsp.evaluation.workers import Reply, TrackerWorker, mediapipe_worker, package_worker
from hand_tracking_dsp.hand import Handedness
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.manifest import read_manifest
from hand_tracking_dsp.tracking.tracker_options import TrackerOptions


@pytest.fixture(scope="module")
def frames() -> list[np.ndarray]:
    with open_source("synthetic", SourceOptions(absence_s=0.0)) as source:
        all_frames = [np.ascontiguousarray(source.read(5.0).image[:, :, ::-1]) for _ in range(42)]
    # The hand comes in during the first second.
    return all_frames[30:]


@pytest.fixture(scope="module")
def worker():
    with package_worker(TrackerOptions(max_hands=1)) as opened:
        yield opened


def test_worker_finds_the_hand_and_says_what_it_is(worker: TrackerWorker, frames: list[np.ndarray]) -> None:
    reply = worker.process(frames[0], reset=True)
    assert worker.about["name"] == "hand_tracking_dsp"
    assert worker.about["loading_s"] > 0
    assert 20 < worker.about["memory_mib"] < 2000
    assert worker.about["levels"] == [level.name for level in read_manifest(default_bank()).levels]
    assert reply.ms > reply.detection_ms > 0
    assert reply.hands[0].handedness in (Handedness.LEFT, Handedness.RIGHT)
    assert reply.hands[0].landmarks.shape == (21, 3)


def test_worker_counts_the_processor_time_of_a_frame_without_what_lies_between(
    worker: TrackerWorker, frames: list[np.ndarray]
) -> None:
    first = worker.process(frames[0], stamp_s=0.0, reset=True)
    time.sleep(0.2)
    second = worker.process(frames[1], stamp_s=0.03)
    assert first.detector_ran
    assert not second.detector_ran
    assert 0 < second.cpu_ms < first.cpu_ms
    assert first.hands[0].measured
    assert second.hands[0].track_id == first.hands[0].track_id


def test_reset_makes_the_palm_detector_run_again(worker: TrackerWorker, frames: list[np.ndarray]) -> None:
    worker.process(frames[0], stamp_s=0.0, reset=True)
    assert worker.process(frames[1], stamp_s=0.01).detection_ms == 0
    assert worker.process(frames[1], stamp_s=0.02, reset=True).detection_ms > 0


def test_alternating_measures_all_contenders_on_the_same_frames(
    worker: TrackerWorker, frames: list[np.ndarray]
) -> None:
    blocks = []
    series = alternate(
        frames,
        {"a": worker, "b": worker},
        30.0,
        repeats=2,
        block=4,
        on_block=lambda done, total: blocks.append((done, total)),
    )
    # Three blocks of four frames, twice; the first one warms up.
    assert blocks == [(i, 6) for i in range(1, 7)]
    assert len(series["a"].frame_ms) == len(series["b"].frame_ms) == 20
    assert series["a"].hands == 20


def test_hands_at_rest_are_measured_while_times_are_taken(
    worker: TrackerWorker, frames: list[np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    replies = []
    process = worker.process

    def recorded(*given: object, **named: object) -> Reply:
        replies.append(process(*given, **named))  # type: ignore[arg-type]
        return replies[-1]

    monkeypatch.setattr(worker, "process", recorded)
    alternate([frames[0]] * 12, {"a": worker}, 30.0, block=4)
    switch_levels([frames[0]] * 12, worker, levels=2, rate_hz=30.0, block=3)
    assert len(replies) == 24
    assert all(hand.measured for reply in replies for hand in reply.hands)
    assert sum(bool(reply.hands) for reply in replies) >= 23


def test_switching_goes_through_all_levels_and_loses_no_hand(
    worker: TrackerWorker, frames: list[np.ndarray]
) -> None:
    series = switch_levels(frames, worker, levels=2, rate_hz=30.0, repeats=2, block=3)
    assert series.switches == 7
    assert series.hands_lost == 0
    assert len(series.after_ms[0]) + len(series.after_ms[1]) == 7
    assert series.steady_ms[0]
    assert series.steady_ms[1]


def test_interpreter_without_mediapipe_is_refused_with_the_way_out() -> None:
    with pytest.raises(ConfigurationError, match=r"No module named 'mediapipe'.*make setup-mediapipe"):
        mediapipe_worker(sys.executable, static=True, max_hands=2)


def test_missing_interpreter_is_refused_with_the_way_out() -> None:
    with pytest.raises(ConfigurationError, match=r"^/nowhere/python cannot be run .*setup-mediapipe"):
        mediapipe_worker("/nowhere/python", static=True, max_hands=2)


def test_missing_bank_is_told_in_the_words_of_the_bank() -> None:
    with pytest.raises(ConfigurationError, match="ModelError"):
        package_worker(TrackerOptions(), bank="/nowhere/bank")


def test_worker_that_ended_says_so(frames: list[np.ndarray]) -> None:
    with package_worker(TrackerOptions()) as opened:
        opened._process.kill()
        opened._process.wait()
        with pytest.raises(HandTrackingError, match=r"process .* ended: exit status -9"):
            opened.process(frames[0])
