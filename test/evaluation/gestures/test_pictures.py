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

import cv2
import numpy as np
import pytest

from hand_tracking_dsp.errors import FrameError
from hand_tracking_dsp.evaluation.gestures.confusion import NO_HAND
from hand_tracking_dsp.evaluation.gestures.pictures import PictureReader, measure_pictures
from hand_tracking_dsp.gestures.options import GestureOptions
from hand_tracking_dsp.recordings.labels import LabelledHand
from hand_tracking_dsp.recordings.truth import TrueHand

POSES = {"spread": (5, "open_palm"), "fist": (0, "fist"), "victory": (2, "victory"), "three": (3, "")}


def test_synthetic_hands_are_read_at_every_level(tracker, draw):
    hands = [
        LabelledHand(draw(f"{pose}.png", pose), open_fingers=count, gesture=name)
        for pose, (count, name) in POSES.items()
    ]
    done = []
    tallies = measure_pictures(
        PictureReader(tracker, GestureOptions()), hands, [0, 2], lambda: done.append(None)
    )
    assert len(done) == 2 * len(hands)
    for tally in tallies.values():
        assert tally.counts.hands == tally.names.hands == len(hands)
        assert tally.counts.accuracy == tally.names.accuracy == 1.0
    assert tallies[0].names.pairs["none", "none"] == 1


def test_a_picture_without_a_hand_is_told_as_such(tracker, tmp_path):
    path = tmp_path / "grey.png"
    cv2.imwrite(str(path), np.full((200, 200, 3), 128, np.uint8))
    hands = [
        LabelledHand(path, open_fingers=3),
        LabelledHand(path, TrueHand(box=(0, 0, 9, 9)), gesture="fist"),
    ]
    tally = measure_pictures(PictureReader(tracker, GestureOptions()), hands, [0])[0]
    assert tally.counts.pairs == {("3", NO_HAND): 1}
    assert tally.names.pairs == {("fist", NO_HAND): 1}


def test_of_two_hands_the_one_in_the_box_is_meant(tracker, draw, tmp_path):
    left, right = (cv2.imread(str(draw(f"{pose}.png", pose))) for pose in ("fist", "victory"))
    path = tmp_path / "both.png"
    cv2.imwrite(str(path), np.hstack([left, right]))
    reader = PictureReader(tracker, GestureOptions())

    def name(box):
        reading = reader.read(LabelledHand(path, TrueHand(box=box)), 0)
        return reading and reading.name

    assert name((90, 60, 210, 250)) == "fist"
    assert name((390, 30, 510, 250)) == "victory"
    assert name((280, 0, 320, 20)) is None
    assert name(None) == "victory"


def test_a_hand_that_fills_the_picture_is_found_with_a_margin(tracker, draw, tmp_path):
    picture = cv2.imread(str(draw("spread.png", "spread")))
    path = tmp_path / "tight.png"
    cv2.imwrite(str(path), cv2.resize(picture[45:265, 45:265], (100, 100), interpolation=cv2.INTER_AREA))
    reading = PictureReader(tracker, GestureOptions(), margin=0.4).read(LabelledHand(path, open_fingers=5), 0)
    assert reading is not None
    assert reading.open_fingers == 5


def test_a_picture_that_cannot_be_decoded_is_named(tracker, tmp_path):
    path = tmp_path / "broken.jpg"
    path.write_bytes(b"no picture")
    with pytest.raises(FrameError, match=r"broken\.jpg"):
        PictureReader(tracker, GestureOptions()).read(LabelledHand(path, open_fingers=5), 0)
