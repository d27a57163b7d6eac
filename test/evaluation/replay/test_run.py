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

from dataclasses import replace

import cv2
import numpy as np
import pytest
from support.networks import write_bank_with_errors

from hand_tracking_dsp.cameras.synthetic import SyntheticHandSource
from hand_tracking_dsp.evaluation.measures.catalogue import measured
from hand_tracking_dsp.evaluation.measures.frame_row import COLUMNS, DROPPED, HANDLED, REJECTED
from hand_tracking_dsp.evaluation.replay.points import Setting
from hand_tracking_dsp.evaluation.replay.run import RecordingSpec, Unit, run_unit
from hand_tracking_dsp.evaluation.summary import truth_error
from hand_tracking_dsp.recordings.bags.definitions import BAG_MESSAGES
from hand_tracking_dsp.recordings.bags.record_camera import EPOCH_NS, record_source
from hand_tracking_dsp.recordings.bags.writer import BagWriter
from hand_tracking_dsp.recordings.run import ObservedRun
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.backends import RuntimeOptions
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.manifest import read_manifest
from hand_tracking_dsp.tracking.palm import PalmDetector
from hand_tracking_dsp.tracking.tracker import HandTracker
from hand_tracking_dsp.tracking.tracker_options import ALL_MEASURED, TrackerOptions
from hand_tracking_dsp.tracking.types import Region, TrackedHand

LEVEL_2 = Setting("level 2", level=2)
# What depends on the machine, and not on the frames alone.
TIMES = {"conversion_ms", "detection_ms", "landmarks_ms", "total_ms", "latency_ms", "latency_step_ms", "late"}


@pytest.fixture(scope="module")
def networks():
    folder = default_bank()
    return LevelBank.load(folder), PalmDetector.load(folder)


def as_tracked(truth):
    region = Region(0.0, 0.0, 1.0, 0.0)
    return TrackedHand(0, truth.handedness, 1.0, 1.0, truth.joints_px, truth.joints_m, region)


def test_the_error_is_that_of_the_tracker_on_the_same_frames(
    synthetic_bag, synthetic_frames, replay_options, networks
):
    """Against the other way to the same figure: the one that demo and bench take."""
    result = run_unit(Unit(RecordingSpec("b", synthetic_bag), LEVEL_2, replay_options))
    tracker = HandTracker(*networks)
    _, point = read_manifest(default_bank()).point(2)
    recording = ObservedRun()
    for frame in synthetic_frames:
        # As the bag has it: of seconds since 1970 the last digits are rounded, which moves velocities.
        stamp_ns = EPOCH_NS + round(frame.index / 30 * 1e9)
        stamp_s = stamp_ns // 10**9 + stamp_ns % 10**9 * 1e-9
        recording.hands[frame.index] = tracker.track(frame.image, stamp_s, point, "bgr").hands
        recording.truth[frame.index] = tuple(map(as_tracked, frame.truth))
    expected = truth_error(recording)
    found = measured(result.frames)
    assert found["mde_px"] == pytest.approx(expected["error_px"], abs=1e-3)
    assert found["mde_palm_percent"] == pytest.approx(expected["error_palm_percent"], abs=1e-3)
    assert result.frames["found"].sum() == expected["truth_hands_found"]
    assert result.frames["true_hands"].sum() == expected["truth_hands"]


def test_the_golden_numbers_of_a_small_synthetic_bag(synthetic_bag, replay_options):
    """In fp32, which every machine has; other versions of its libraries may move them by a hundredth."""
    options = replace(replay_options, runtime=RuntimeOptions(precision="fp32"))
    found = measured(run_unit(Unit(RecordingSpec("b", synthetic_bag), LEVEL_2, options)).frames)
    golden = {
        "mde_px": 2.729,
        "mde_palm_percent": 5.929,
        "pck_005": 0.8651,
        "pck_010": 1.0,
        "world_mm": 14.13,
        "world_aligned_mm": 10.11,
        "detection_recall": 1.0,
        "detection_precision": 1.0,
        "handedness_accuracy": 1.0,
        "reacquisition_s": 0.0,
        "frames_dropped": 0.0,
        "sparsity": 0.1134,
        "energy_mj": 9.398,
    }
    assert {name: found[name] for name in golden} == pytest.approx(golden, rel=0.01)


def test_two_runs_differ_in_their_times_only(synthetic_bag, replay_options):
    first, second = (
        run_unit(Unit(RecordingSpec("b", synthetic_bag), LEVEL_2, replay_options)).frames for _ in range(2)
    )
    for name in set(COLUMNS) - TIMES:
        np.testing.assert_array_equal(first[name], second[name], err_msg=name)


def test_work_left_out_is_measured_and_can_be_left_out_nowhere(tmp_path, source_options, replay_options):
    options = replace(source_options, speed=0.0)
    with SyntheticHandSource(options) as source, BagWriter(tmp_path / "resting") as writer:
        record_source(source, writer, 1.0, jpeg_quality=None)
    bag = RecordingSpec("b", tmp_path / "resting")
    everything = replace(replay_options, tracker=TrackerOptions.of(ALL_MEASURED))
    gated, full = (
        measured(run_unit(Unit(bag, LEVEL_2, options)).frames) for options in (replay_options, everything)
    )
    assert gated["predicted_share"] > 0.5
    assert gated["measurement_age_ms"] > 1000 / 30 / 2
    assert gated["energy_mj"] < 0.5 * full["energy_mj"]
    assert full["predicted_share"] == full["measurement_age_ms"] == 0
    assert gated["id_changes_per_1000"] == full["id_changes_per_1000"] == 0


def test_a_hand_that_is_found_again_under_another_id_is_counted(
    synthetic_bag, synthetic_frames, replay_options, monkeypatch
):
    follow = HandTracker.track

    def forgetful(tracker, *arguments, **named):
        result = follow(tracker, *arguments, **named)
        tracker.reset()
        return result

    monkeypatch.setattr(HandTracker, "track", forgetful)
    frames = run_unit(Unit(RecordingSpec("b", synthetic_bag), LEVEL_2, replay_options)).frames
    assert frames["id_changes"].sum() == len(synthetic_frames) - 1
    assert measured(frames)["detector_share"] == 1


def test_progress_counts_every_frame(synthetic_bag, synthetic_frames, replay_options):
    steps = []
    run_unit(Unit(RecordingSpec("b", synthetic_bag), LEVEL_2, replay_options), steps.append)
    assert sum(steps) == len(synthetic_frames)


def test_agreement_is_zero_at_the_dense_level_and_not_at_others(synthetic_bag, replay_options):
    options = replace(replay_options, agreement=True)
    for level, expected in ((0, True), (4, False)):
        setting = Setting("s", level=level)
        drift = run_unit(Unit(RecordingSpec("b", synthetic_bag), setting, options)).frames["drift"]
        assert np.isfinite(drift).any()
        assert (np.nanmax(drift) == 0) == expected


def test_what_levels_expect_of_themselves_is_beside_what_is_measured(synthetic_bag, replay_options, tmp_path):
    bank = write_bank_with_errors(tmp_path / "bank", None, 7.5)
    options = replace(replay_options, bank=bank, agreement=True)
    dense, sparse = (
        run_unit(Unit(RecordingSpec("b", synthetic_bag), Setting("s", level=level), options))
        for level in (0, 1)
    )
    assert np.isnan(dense.frames["expected_error"]).all()
    assert measured(sparse.frames)["expected_error_palm_percent"] == 7.5
    drift = sparse.frames["drift"]
    assert not np.isin(drift, [7.5, np.nan]).all(), "agreement is measured all the same"
    assert not sparse.problems


def test_errors_that_cannot_be_are_a_problem_of_the_replay(synthetic_bag, replay_options, tmp_path):
    options = replace(replay_options, bank=write_bank_with_errors(tmp_path / "bank", None, np.nan))
    result = run_unit(Unit(RecordingSpec("b", synthetic_bag), Setting("s", level=1), options))
    assert np.isnan(result.frames["expected_error"]).all()
    ((sentence, _),) = result.problems.items()
    assert "its landmarks are nan % off" in sentence


def test_in_real_time_a_slow_tracker_drops_frames_and_the_hands_are_older(
    tmp_path, synthetic_frames, replay_options
):
    """A thousand frames a second are more than any machine tracks."""
    path = tmp_path / "fast"
    with BagWriter(path) as writer:
        for frame in synthetic_frames:
            stamp_ns = 10**18 + frame.index * 1_000_000
            writer.write(
                "/image_raw",
                BAG_MESSAGES.image(frame.image, BAG_MESSAGES.header(stamp_ns, "camera")),
                stamp_ns,
            )
    unit = Unit(RecordingSpec("b", path), LEVEL_2, replace(replay_options, realtime=True))
    frames = run_unit(unit).frames
    assert (frames["outcome"] == DROPPED).any()
    assert frames["outcome"][-1] == HANDLED
    handled = frames.take(frames["outcome"] == HANDLED)
    assert (handled["latency_ms"] >= handled["total_ms"] - 1e-3).all()
    every = run_unit(Unit(RecordingSpec("b", path), LEVEL_2, replay_options)).frames
    assert (every["outcome"] == HANDLED).all()


def test_damaged_images_are_rejected_and_the_rest_is_evaluated(tmp_path, synthetic_frames, replay_options):
    path = tmp_path / "damaged"
    with BagWriter(path) as writer:
        for frame in synthetic_frames[:10]:
            stamp_ns = 10**18 + frame.index * 33_333_333
            message = BAG_MESSAGES.image(frame.image, BAG_MESSAGES.header(stamp_ns, "camera"))
            if frame.index % 3 == 1:
                message.data = message.data[:100]
            writer.write("/image_raw", message, stamp_ns)
    result = run_unit(Unit(RecordingSpec("b", path), LEVEL_2, replay_options))
    assert (result.frames["outcome"] == REJECTED).sum() == 3
    assert (result.frames["outcome"] == HANDLED).sum() == 7
    assert sum(result.problems.values()) == 3


def test_photos_stand_each_for_itself(tmp_path, synthetic_frames, replay_options):
    folder = tmp_path / "photos"
    folder.mkdir()
    lines = ["file,xmin,ymin,xmax,ymax,handedness"]
    for number in range(3):
        frame = synthetic_frames[30]
        cv2.imwrite(str(folder / f"{number}.png"), frame.image)
        low, high = frame.truth[0].joints_px[:, :2].min(axis=0), frame.truth[0].joints_px[:, :2].max(axis=0)
        lines.append(f"{number}.png,{low[0] - 8},{low[1] - 8},{high[0] + 8},{high[1] + 8},right")
    (tmp_path / "truth.csv").write_text("\n".join(lines))
    recording = RecordingSpec("p", folder, truth=tmp_path / "truth.csv", photos=True)
    frames = run_unit(Unit(recording, LEVEL_2, replay_options)).frames
    found = measured(frames)
    assert (found["detection_recall"], found["detection_precision"]) == (1, 1)
    assert np.ptp(frames["presence"]) == 0
    assert np.isnan(frames["interval_s"]).all()


def test_the_worst_frames_are_kept_as_pictures_the_worst_first(synthetic_bag, replay_options):
    result = run_unit(Unit(RecordingSpec("b", synthetic_bag), LEVEL_2, replace(replay_options, worst=4)))
    order = [frame.badness for frame in result.worst]
    assert len(order) == 4
    assert order == sorted(order, reverse=True)
    picture = cv2.imdecode(np.frombuffer(result.worst[0].jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape == (240, 320, 3)
    row = result.worst[0].row
    errors = np.where(
        result.frames["found"] < result.frames["true_hands"], np.inf, result.frames["error_palm_percent"]
    )
    assert row.frame in np.flatnonzero(errors == errors.max())
