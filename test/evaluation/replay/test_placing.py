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

"""Recordings with depth, replayed in every mode."""

from __future__ import annotations

from dataclasses import replace
from operator import itemgetter

import numpy as np
import pytest

from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.synthetic import SyntheticHandSource
from hand_tracking_dsp.depth.input_options import DepthInputOptions
from hand_tracking_dsp.depth.lifting import HandLifter
from hand_tracking_dsp.depth.types import HandSource, JointState
from hand_tracking_dsp.evaluation.measures.catalogue import measured
from hand_tracking_dsp.evaluation.measures.frame_row import COLUMNS, HANDLED, REJECTED
from hand_tracking_dsp.evaluation.replay.points import Setting
from hand_tracking_dsp.evaluation.replay.run import RecordingSpec, Unit, run_unit
from hand_tracking_dsp.recordings.bags.definitions import BAG_MESSAGES
from hand_tracking_dsp.recordings.bags.reader import open_bag
from hand_tracking_dsp.recordings.bags.record_camera import EPOCH_NS, FRAME_ID, record_source
from hand_tracking_dsp.recordings.bags.writer import BagWriter
from hand_tracking_dsp.recordings.recorded_depth import DepthChoice

DENSE = Setting("level 0", level=0)
# What depends on the machine, and not on the frames alone.
TIMES = {
    *("conversion_ms", "detection_ms", "landmarks_ms", "total_ms", "latency_ms", "latency_step_ms", "late"),
    "depth_ms",
}


@pytest.fixture(scope="module")
def depth_bag(tmp_path_factory):
    """Give a bag of a second of a synthetic hand with depth."""
    path = tmp_path_factory.mktemp("depth") / "bag"
    options = SourceOptions(width=320, height=240, seed=3, absence_s=0.0)
    with SyntheticHandSource(options) as source, BagWriter(path) as writer:
        record_source(source, writer, 1.0, None, depth=True)
    return path


def run(path, options, mode="rgb", depth=True):
    spec = RecordingSpec("b", path, depth=DepthChoice() if depth else None)
    return run_unit(Unit(spec, replace(DENSE, depth_mode=mode), options))


def same(a, b, but):
    for name in COLUMNS:
        if name not in but:
            np.testing.assert_array_equal(a[name], b[name], err_msg=name)


def test_depth_changes_nothing_of_what_is_measured_in_the_image(depth_bag, replay_options):
    plain = run(depth_bag, replay_options, depth=False).frames
    same(run(depth_bag, replay_options).frames, plain, TIMES)
    fused = run(depth_bag, replay_options, "fused").frames
    added = COLUMNS[COLUMNS.index("with_depth") : COLUMNS.index("expected_error")]
    same(fused, plain, {*TIMES, *added})
    assert all(np.isnan(plain[name]).all() for name in added)


@pytest.mark.parametrize("mode", ["fused", "depth_only", "auto"])
def test_hands_are_placed_in_metres(depth_bag, replay_options, mode):
    result = run(depth_bag, replay_options, mode)
    found = measured(result.frames)
    assert not result.problems
    assert found["frames_with_depth"] == 1
    assert found["visible_error_3d_mm"] < 25
    assert found["error_3d_mm"] < 40
    assert found["joints_measured"] > 0.5
    shares = [found[f"joints_{state}"] for state in ("measured", "inferred", "unknown")]
    assert sum(shares) == pytest.approx(1)
    assert found["bone_deviation_percent"] < 40
    assert found["depth_p50_ms"] > 0


@pytest.mark.parametrize("mode", ["fused", "depth_only"])
def test_the_lifter_knows_in_which_image_hands_were_found(depth_bag, replay_options, monkeypatch, mode):
    told: set[bool] = set()
    lift = HandLifter.lift

    def noted(lifter, hands, view, stamp_s, *, in_colour=False):
        told.add(in_colour)
        return lift(lifter, hands, view, stamp_s, in_colour=in_colour)

    monkeypatch.setattr(HandLifter, "lift", noted)
    run(depth_bag, replay_options, mode)
    assert told == {mode == "fused"}


def test_frames_without_depth_are_tracked_in_the_image_and_not_in_depth_alone(synthetic_bag, replay_options):
    fused = run(synthetic_bag, replay_options, "fused")
    assert set(fused.frames["outcome"]) == {HANDLED}
    assert not fused.frames["with_depth"].any()
    assert measured(fused.frames)["frames_with_depth"] == 0
    assert any("No depth images belong to /image_raw" in problem for problem in fused.problems)
    alone = run(synthetic_bag, replay_options, "depth_only")
    assert set(alone.frames["outcome"]) == {REJECTED}


@pytest.fixture(scope="module")
def recorded_bag(tmp_path_factory):
    """Give a function that writes a bag whose hands_3d are 20 mm off the truth, of a frame."""

    def write(frame_id=FRAME_ID):
        path = tmp_path_factory.mktemp("recorded") / "bag"
        options = SourceOptions(width=320, height=240, seed=3, absence_s=0.0)
        with SyntheticHandSource(options) as source, BagWriter(path) as writer:
            record_source(source, writer, 0.5, None, depth=True)
        with SyntheticHandSource(options) as source, BagWriter(path.with_name("hands")) as writer:
            for number in range(15):
                stamp_ns = EPOCH_NS + round(number / 30 * 1e9)
                header = BAG_MESSAGES.header(stamp_ns, frame_id)
                message = BAG_MESSAGES.truth_3d(source.read().truth, header)
                message.source = int(HandSource.FUSED)
                for hand in message.hands:
                    hand.joint_states[5] = JointState.INFERRED
                    for joint in hand.joints:
                        joint.z += 0.02
                writer.write("/hands_3d", message, stamp_ns + 30_000_000)
        return joined_bag(path, path.with_name("hands"))

    return write


def joined_bag(*paths):
    """Write the messages of bags into one."""
    whole = paths[0].with_name("whole")
    with BagWriter(whole) as writer:
        messages = []
        for path in paths:
            with open_bag(path) as bag:
                messages += [(stamp_ns, one.topic, message) for one, stamp_ns, message in bag.read()]
        for stamp_ns, topic, message in sorted(messages, key=itemgetter(0)):
            writer.write(topic, message, stamp_ns)
    return whole


@pytest.mark.parametrize("mode", ["rgb", "fused"])
def test_recorded_hands_in_space_are_compared_with_those_found_again_and_with_the_truth(
    recorded_bag, replay_options, mode
):
    result = run(recorded_bag(), replay_options, mode)
    found = measured(result.frames)
    assert not result.problems
    for name in ("recorded_error_3d_mm", "recorded_measured_error_3d_mm", "recorded_inferred_error_3d_mm"):
        assert found[name] == pytest.approx(20, abs=1e-3), "whatever runs"
    if mode == "rgb":
        assert np.isnan(found["recorded_3d_same"])
        return
    assert found["recorded_3d_same"] == 1
    assert 5 < found["recorded_measured_3d_mm"] < 45
    assert found["recorded_inferred_3d_mm"] > 0


def test_recorded_hands_in_another_frame_are_named_and_not_compared(recorded_bag, replay_options):
    result = run(recorded_bag("base_link"), replay_options, "fused")
    (problem,) = result.problems
    assert problem.startswith("/hands_3d: its hands are in the frame 'base_link', the images in 'camera_opt")
    found = measured(result.frames)
    assert np.isnan([found["recorded_3d_same"], found["recorded_error_3d_mm"]]).all()
    assert found["error_3d_mm"] > 0


class DarkRoom(SyntheticHandSource):
    """Camera in a room whose light is out for a while, and whose depth may end."""

    DARK = range(5, 35)

    def __init__(self, options, last_depth=1000):
        super().__init__(options)
        self._last_depth = last_depth

    def read(self, timeout_s=1.0):
        frame = super().read(timeout_s)
        if frame.index in self.DARK:
            frame = replace(frame, image=np.zeros_like(frame.image))
        return frame if frame.index < self._last_depth else replace(frame, depth_mm=frame.depth_mm * 0)


@pytest.fixture
def dark_bag(tmp_path):
    """Give a function that writes a bag of a room with light, without for three seconds, and with again."""

    def write(**settings):
        options = SourceOptions(width=320, height=240, seed=3, absence_s=0.0, rate_hz=10.0, speed=0.2)
        with DarkRoom(options, **settings) as source, BagWriter(tmp_path / "bag") as writer:
            record_source(source, writer, 6.0, None, depth=True)
        return tmp_path / "bag"

    return write


def test_auto_goes_to_depth_when_the_light_goes_out_and_back_when_it_comes(dark_bag, replay_options):
    result = run(dark_bag(), replay_options, "auto")
    frames = result.frames
    assert set(frames["outcome"]) == {HANDLED}
    changes = np.flatnonzero(np.diff(frames["in_depth"])) + 1
    assert frames["in_depth"][0] == 0
    assert len(changes) == 2, changes
    to_depth, to_colour = changes
    # A second of patience and 0.6 s of looks, 0.3 s apart, as the node by its defaults.
    assert 5 + 10 + 6 <= to_depth <= 5 + 10 + 6 + 6
    assert 35 + 6 <= to_colour <= 35 + 6 + 6
    assert frames["found_3d"][to_depth:].all(), "hands go on in metres through both changes"
    assert not frames["hands"][7:to_depth].any(), "what was missed in the dark"
    assert measured(frames)["found_in_depth"] == pytest.approx((to_colour - to_depth) / 60)
    assert frames["id_changes"][to_depth + 1 :].sum() == 0, "the hand keeps its id"
    assert not result.problems


def test_auto_is_fused_to_the_last_digit_while_there_is_light(depth_bag, replay_options):
    fused, auto = (run(depth_bag, replay_options, mode).frames for mode in ("fused", "auto"))
    same(auto, fused, {*TIMES, "run"})


def test_auto_goes_on_in_the_image_where_depth_ends_while_it_is_used(dark_bag, replay_options):
    frames = run(dark_bag(last_depth=30), replay_options, "auto").frames
    assert frames["in_depth"][29] == 1
    assert (frames["outcome"][41:] == HANDLED).all(), "a second later"
    assert frames["hands"][45:].all()


@pytest.fixture(scope="module")
def depth_alone(depth_bag, tmp_path_factory):
    """Give the bag of a depth camera without a colour image."""
    path = tmp_path_factory.mktemp("alone") / "bag"
    with open_bag(depth_bag) as bag, BagWriter(path) as writer:
        for one, stamp_ns, message in bag.read():
            if one.topic not in ("/image_raw", "/camera_info"):
                writer.write(one.topic, message, stamp_ns)
    return path


def test_hands_are_found_in_a_recording_of_depth_images_alone(depth_alone, replay_options):
    for mode in ("depth_only", "auto"):
        result = run(depth_alone, replay_options, mode)
        found = measured(result.frames)
        assert not result.problems
        assert found["found_in_depth"] == found["hands_placed"] == 1, mode
        assert found["error_3d_mm"] < 40
    fused = run(depth_alone, replay_options, "fused")
    assert set(fused.frames["outcome"]) == {HANDLED}
    assert list(fused.problems) == [
        "/depth/image_raw: the bag has depth images alone, in which hands are found by the mode depth_only"
    ]


@pytest.mark.parametrize(
    ("unit_m", "said"),
    [
        (1.0, "the values seem to be millimetres that are taken for metres, set depth.unit_m to 0.001"),
        (0.000001, "the values seem to be metres that are taken for millimetres, set depth.unit_m to 1.0"),
    ],
)
def test_depth_of_a_wrong_unit_is_named_once_and_hands_go_on(depth_bag, replay_options, unit_m, said):
    choice = DepthChoice(options=DepthInputOptions(unit_m=unit_m))
    unit = Unit(
        RecordingSpec("b", depth_bag, depth=choice), replace(DENSE, depth_mode="fused"), replay_options
    )
    result = run_unit(unit)
    ((problem, count),) = result.problems.items()
    assert said in problem
    assert count == 1
    assert result.frames["hands"].all()


def test_depth_that_cannot_be_read_is_named_and_hands_go_on(tmp_path, replay_options):
    options = SourceOptions(width=160, height=120, seed=3, absence_s=0.0)
    with SyntheticHandSource(options) as source, BagWriter(tmp_path / "bag") as writer:
        source.intrinsics = None  # what the camera does not know
        with pytest.raises(Exception, match="gives no depth"):
            record_source(source, writer, 0.1, None, depth=True)
        record_source(source, writer, 0.1, None)
    result = run(tmp_path / "bag", replay_options, "fused")
    assert set(result.frames["outcome"]) == {HANDLED}
