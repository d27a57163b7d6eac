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

import numpy as np
import pytest
import yaml

from hand_tracking_dsp.cameras.synthetic import GESTURES
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.gestures.examples import learn_gesture, load_gestures, save_gestures
from hand_tracking_dsp.gestures.features import VECTOR_LENGTH, measure
from hand_tracking_dsp.gestures.options import GestureOptions
from hand_tracking_dsp.gestures.reading import read_gesture
from hand_tracking_dsp.hand import Handedness


@pytest.fixture(scope="module")
def samples(made):
    """A maker of samples of a pose, a little shaken."""

    def sample(pose, count=40, noise_px=0.6, seed=0):
        random = np.random.default_rng(seed)
        hand = made.posed(pose)
        return [measure(hand + random.normal(0, noise_px, hand.shape)) for _ in range(count)]

    return sample


def test_a_learned_gesture_is_read_turned_larger_and_of_the_other_hand(made, samples):
    own = learn_gesture("call", samples("call"))
    assert len(own.examples) == 30
    for turn_deg, scale, side in ((0, 1, Handedness.RIGHT), (140, 3, Handedness.LEFT)):
        hand = made.posed("call", turn_deg, scale, side)
        reading = read_gesture(hand, GestureOptions(), (own,))
        assert (reading.name, reading.score) == ("call", 1.0)
    for pose in GESTURES:
        if pose != "call":
            assert read_gesture(made.posed(pose), GestureOptions(), (own,)).name != "call", pose


def test_the_score_falls_with_the_distance(made, samples):
    own = learn_gesture("three", samples("three"))
    vector = np.array(own.examples[0])
    assert own.distance_deg(vector) == 0
    far = vector + own.tolerance_deg
    assert own.distance_deg(far) == pytest.approx(own.tolerance_deg, rel=0.2)
    assert own.score(measure(made.posed("three"))) == 1.0
    assert own.score(measure(made.posed("fist"))) == 0.0


def test_an_own_gesture_goes_before_a_built_in_one_that_fits_as_well(made, samples):
    own = learn_gesture("stop", samples("spread"))
    assert read_gesture(made.posed("spread"), GestureOptions(), (own,)).name == "stop"


def test_the_tolerance_is_learned_from_the_spread_within_limits(samples):
    steady = learn_gesture("steady", samples("three", noise_px=0.1))
    loose = learn_gesture("loose", samples("three", noise_px=10.0))
    assert steady.tolerance_deg == 14.0
    assert 14.0 < loose.tolerance_deg <= 18.0


def test_strays_at_the_ends_are_left_out(samples):
    hands = [*samples("fist", 2), *samples("call", 36), *samples("open palm", 2)]
    own = learn_gesture("call", hands)
    clean = learn_gesture("call", samples("call", 36))
    assert own.tolerance_deg == clean.tolerance_deg
    assert clean.overlap(own) == 1.0


def test_the_share_of_examples_in_common(samples):
    call, three = learn_gesture("call", samples("call")), learn_gesture("three", samples("three"))
    assert call.overlap(learn_gesture("phone", samples("call", seed=1))) == 1.0
    assert call.overlap(three) == three.overlap(call) == 0.0


def test_consistency_is_the_share_of_examples_of_one_pose(samples):
    assert learn_gesture("call", samples("call")).consistency() == 1.0
    mixed = learn_gesture("mixed", [*samples("call", 20), *samples("three", 20)])
    assert 0.4 < mixed.consistency() < 0.65


@pytest.mark.parametrize(
    "name", ["", "Stop", "a b", "9", "x" * 41, "fist", "count_3", "pinch_drag", "swipe_up"]
)
def test_a_name_that_cannot_be_used_is_refused(samples, name):
    with pytest.raises(ConfigurationError, match=name or "name"):
        learn_gesture(name, samples("call"))


def test_too_few_hands_are_refused(samples):
    with pytest.raises(ConfigurationError, match="Only 4 images"):
        learn_gesture("call", samples("call", 4))


def test_what_is_saved_is_loaded(tmp_path, samples):
    gestures = (learn_gesture("call", samples("call")), learn_gesture("three", samples("three")))
    save_gestures(tmp_path / "own.yaml", gestures)
    assert load_gestures(tmp_path / "own.yaml") == gestures
    save_gestures(tmp_path / "own.yaml", ())
    assert load_gestures(tmp_path / "own.yaml") == ()


def test_more_gestures_than_can_be_loaded_are_not_saved(tmp_path, samples):
    call = learn_gesture("call", samples("call"))
    path = tmp_path / "own.yaml"
    save_gestures(path, [replace(call, name=f"call_{number}") for number in range(64)])
    before = path.read_bytes()
    with pytest.raises(ConfigurationError, match="more than 64"):
        save_gestures(path, [replace(call, name=f"call_{number}") for number in range(65)])
    assert path.read_bytes() == before
    assert len(load_gestures(path)) == 64


def test_what_is_learned_of_a_palm_without_length_can_be_loaded(tmp_path, samples):
    edgewise = replace(samples("call", 1)[0], tip_gaps=np.full(4, 1e6), thumb_gap=1e6)
    gesture = learn_gesture("call", [edgewise] * 5)
    save_gestures(tmp_path / "own.yaml", [gesture])
    assert load_gestures(tmp_path / "own.yaml") == (gesture,)


class PlainDumper(yaml.SafeDumper):
    """Writes what stands twice twice, without an alias."""

    def ignore_aliases(self, _data):
        """Return whether a value is written again."""
        return True


GOOD = {"name": "call", "tolerance_deg": 12.0, "examples": [[1.0] * VECTOR_LENGTH]}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("[1, 2", "is not YAML"),
        ("!!python/object/apply:os.system ['true']", "is not YAML"),
        ("[" * 5000, "is not YAML"),
        ("version: &one 1\ngestures: [*one]", "is not YAML without aliases"),
        ("- call", "version: 1"),
        ({"version": 2, "gestures": []}, "version: 1"),
        ({"version": 1}, "no list"),
        ({"version": 1, "gestures": [GOOD] * 65}, "no list"),
        ({"version": 1, "gestures": [GOOD, GOOD]}, "twice"),
        ({"version": 1, "gestures": ["call"]}, "without a name"),
        ({"version": 1, "gestures": [GOOD | {"name": "fist"}]}, "taken"),
        ({"version": 1, "gestures": [GOOD | {"tolerance_deg": 0}]}, "tolerance_deg"),
        ({"version": 1, "gestures": [GOOD | {"tolerance_deg": float("nan")}]}, "tolerance_deg"),
        ({"version": 1, "gestures": [GOOD | {"tolerance_deg": True}]}, "tolerance_deg"),
        ({"version": 1, "gestures": [GOOD | {"tolerance_deg": 10**400}]}, "tolerance_deg"),
        ({"version": 1, "gestures": [GOOD | {"examples": []}]}, "examples"),
        ({"version": 1, "gestures": [GOOD | {"examples": [[1.0]] * 101}]}, "examples"),
        ({"version": 1, "gestures": [GOOD | {"examples": [[1.0] * 14]}]}, "15 numbers"),
        ({"version": 1, "gestures": [GOOD | {"examples": [["x"] * VECTOR_LENGTH]}]}, "15 numbers"),
        ({"version": 1, "gestures": [GOOD | {"examples": [[float("inf")] * VECTOR_LENGTH]}]}, "15 numbers"),
        ("#" * 1_000_001, "larger than"),
        (b"\xff\xfe\x00", "it is not in UTF-8, byte 0"),
    ],
)
def test_a_file_that_says_something_else_is_refused(tmp_path, content, reason):
    path = tmp_path / "own.yaml"
    text = content if isinstance(content, (str, bytes)) else yaml.dump(content, Dumper=PlainDumper)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigurationError, match=reason):
        load_gestures(path)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_gestures(tmp_path / "none.yaml")
