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

import cv2
import numpy as np
import pytest

from hand_tracking_dsp.compression.data.pictures import Picture
from hand_tracking_dsp.compression.palm.recall import (
    FalsePalms,
    Recall,
    count_pairs,
    highest_logits,
    measure_false_palms,
    measure_recall,
    total,
)
from hand_tracking_dsp.errors import FrameError
from hand_tracking_dsp.recordings.labels import LabelledPicture
from hand_tracking_dsp.tracking.types import PalmDetection

HANDS = np.array([[100, 100, 200, 250], [300, 100, 380, 200]], np.float32)


def palm(x, y, side, score=0.9):
    half = side / 2
    box = np.array([x - half, y - half, x + half, y + half], np.float32)
    return PalmDetection(score, box, np.zeros((7, 2), np.float32))


def test_a_palm_inside_a_hand_finds_it():
    assert count_pairs([palm(150, 200, 70), palm(340, 160, 50)], HANDS) == 2


def test_a_hand_is_found_once():
    assert count_pairs([palm(150, 200, 70), palm(150, 180, 70)], HANDS) == 1


@pytest.mark.parametrize("wrong", [palm(250, 150, 70), palm(150, 200, 20), palm(150, 200, 200)])
def test_a_palm_beside_a_hand_or_of_another_size_finds_none(wrong):
    assert count_pairs([wrong], HANDS) == 0


def test_one_of_two_hands_that_overlap_is_left_for_the_second_palm():
    hands = np.array([[0, 0, 100, 100], [40, 0, 140, 100]], np.float32)

    assert count_pairs([palm(60, 50, 40), palm(65, 50, 40)], hands) == 2


def test_no_palm_and_no_hand():
    assert count_pairs([], HANDS) == 0
    assert count_pairs([palm(1, 1, 1)], np.empty((0, 4), np.float32)) == 0


def test_recall_and_precision():
    found = total({"a": Recall(2, 3, 4, 2), "b": Recall(1, 1, 0, 0)})

    assert found == Recall(3, 4, 4, 2)
    assert (found.recall, found.precision) == (0.5, 0.5)
    assert (Recall().recall, Recall().precision) == (1.0, 1.0)


class OnePalm:
    """A detector that finds the same palm everywhere."""

    def detect(self, image, order, max_hands):
        assert (image.ndim, order, max_hands > 2) == (3, "bgr", True)
        return [palm(15, 20, 20)]


def test_pictures_are_read_and_counted_by_group(tmp_path):
    for name in ("b_1.png", "b_2.png", "c.png"):
        cv2.imwrite(str(tmp_path / name), np.zeros((64, 64, 3), np.uint8))
    boxes = {"b_1.png": [[0, 0, 30, 40]], "b_2.png": [[40, 40, 60, 60]], "c.png": []}
    pictures = [
        LabelledPicture(tmp_path / name, np.array(found, np.float32).reshape(-1, 4))
        for name, found in boxes.items()
    ]

    assert measure_recall(OnePalm(), pictures) == {"b": Recall(2, 2, 2, 1), "c": Recall(1, 0, 1, 0)}


def test_refuses_a_picture_that_is_not_there(tmp_path):
    picture = LabelledPicture(tmp_path / "b_1.png", HANDS)

    with pytest.raises(FrameError, match=r"b_1\.png cannot be read"):
        measure_recall(OnePalm(), [picture])


class PalmInSmallPlaces:
    """A detector that takes for a palm what fills a square in a corner of an image."""

    def detect(self, image, order, max_hands, score_threshold, place):  # noqa: ARG002
        assert order == "bgr"
        corner = place is not None and (place.x, place.y, place.side) == (16, 16, 32)
        return [palm(16, 16, 8)] if corner else []


def test_palms_without_a_hand_are_counted_in_pictures_and_in_squares_of_them(tmp_path):
    for name in ("a.png", "b.png"):
        cv2.imwrite(str(tmp_path / name), np.zeros((64, 96, 3), np.uint8))
    (tmp_path / "c.png").write_bytes(b"no picture")
    pictures = [Picture(tmp_path / name, "faces", "faces/0") for name in ("a.png", "b.png", "c.png")]

    found = measure_false_palms(PalmInSmallPlaces(), pictures)

    assert found == FalsePalms(pictures=2, wrong=0, squares=18, wrong_squares=2)
    assert found.share == pytest.approx(0.1)
    assert FalsePalms().share == 0


def test_the_best_palm_of_each_view_counts_below_the_usual_threshold_too(tmp_path):
    class Unsure(PalmInSmallPlaces):
        def detect(self, *args):
            assert args[3] < 0.05
            return [palm(16, 16, 8, score=0.1) for _ in super().detect(*args)]

    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((64, 96, 3), np.uint8))
    logits = highest_logits(Unsure(), [Picture(tmp_path / "a.png", "faces", "faces/0")])

    assert logits.shape == (10,)
    assert np.isfinite(logits).sum() == 1
    assert logits.max() == pytest.approx(np.log(0.1 / 0.9))
