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

"""What a camera shows, split and labelled."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from hand_tracking_dsp.compression.adapt.pictures import (
    AdaptationCrops,
    cut_anywhere,
    joined,
    label,
    mirrored,
)
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.data.crops import SIZE, Crops
from hand_tracking_dsp.compression.data.pictures import list_pictures
from hand_tracking_dsp.compression.onnx_graph import write_weights
from hand_tracking_dsp.errors import ConfigurationError, SourceError
from hand_tracking_dsp.tracking.composition.onnx_changes import copied


def test_no_scene_is_in_two_parts(parts) -> None:
    parts = [set(part.crops.groups) for part in (parts.fit, parts.validation, parts.held_back)]
    assert all(parts)
    assert sum(map(len, parts)) == len(set.union(*parts)) == 12


def test_a_quarter_is_held_back_and_of_the_rest_a_fifth_validates(parts) -> None:
    assert len(parts.held_back.crops) == pytest.approx(33, abs=11)
    assert len(parts.validation.crops) == pytest.approx(20, abs=11)
    assert len(parts.fit.crops) / 2 + len(parts.validation.crops) + len(parts.held_back.crops) == 132


def test_what_is_held_back_is_not_among_what_may_be_learned(parts) -> None:
    learned = {image.tobytes() for image in parts.hands_to_learn().images}
    assert not learned & {image.tobytes() for image in parts.held_back.crops.images}
    assert len(learned) == 132 - len(parts.held_back.crops)


def test_crops_of_one_scene_are_refused(dense, make_crops) -> None:
    crops = make_crops(40)
    alike = Crops(crops.images, crops.sources, ("set/0",) * 40)
    with pytest.raises(ConfigurationError, match="one picture or scene; give more pictures"):
        AdaptationCrops.make(alike, crops.subset([]), open_exact(dense))


def test_a_dense_network_that_sees_no_hands_cannot_teach(dense, make_crops) -> None:
    blind = copied(dense)
    write_weights(blind, {"head.presence.b": np.array([-9.0], np.float32)})
    with pytest.raises(ConfigurationError, match="sees a hand in 0 of 40 crops only: give another bank"):
        AdaptationCrops.make(make_crops(40), make_crops(0), open_exact(blind))


def test_each_crop_is_followed_by_its_mirror_image(make_crops) -> None:
    crops = make_crops(3)
    double = mirrored(crops)
    assert len(double) == 6
    assert np.array_equal(double.images[4], crops.images[2])
    assert np.array_equal(double.images[5], crops.images[2][:, ::-1])
    assert double.groups[4] == double.groups[5] == crops.groups[2]


@pytest.mark.parametrize(("first", "second"), [(6, 2), (2, 6), (5, 0), (1, 1)])
def test_joined_crops_are_all_there_and_mixed(make_crops, first: int, second: int) -> None:
    a, b = make_crops(first), make_crops(second, seed=1)
    both = joined(a, b)
    assert {image.tobytes() for image in both.images} == {image.tobytes() for image in (*a.images, *b.images)}
    if (first, second) == (6, 2):
        others = {image.tobytes() for image in b.images}
        places = [i for i, image in enumerate(both.images) if image.tobytes() in others]
        assert 0 < places[0] < 4 < places[1] < 7


def test_the_dense_network_does_not_deviate_from_itself(dense, parts) -> None:
    score = parts.held_back.measure(open_exact(dense))
    assert (score.deviation, score.presence) == (0.0, 0.0)


def test_only_crops_with_a_hand_count_as_deviating(dense, shaken, make_crops) -> None:
    labelled = label(open_exact(dense), make_crops(8))
    none_but_first = type(labelled)(labelled.crops, labelled.labels, np.arange(8) == 0)
    assert (
        none_but_first.measure(open_exact(shaken)).deviation != labelled.measure(open_exact(shaken)).deviation
    )
    assert (
        none_but_first.measure(open_exact(shaken)).presence == labelled.measure(open_exact(shaken)).presence
    )


def test_squares_are_cut_anywhere_from_what_can_be_read(tmp_path) -> None:
    for i in range(10):
        ramp = np.arange(30 * 50 * 3).reshape(30, 50, 3) // 20 + i
        cv2.imwrite(str(tmp_path / f"{i}.png"), ramp.astype(np.uint8))
    (tmp_path / "0.png").write_bytes(b"broken")
    found, again, other = (cut_anywhere(tmp_path, 100, seed) for seed in (0, 0, 1))
    assert found.images.shape == (9, SIZE, SIZE, 3)
    assert np.array_equal(found.images, again.images)
    assert not np.array_equal(found.images, other.images)
    assert set(found.groups) < {one.group for one in list_pictures(tmp_path)}
    assert len(cut_anywhere(tmp_path, 4)) == 4


def test_a_folder_of_broken_pictures_gives_none(tmp_path) -> None:
    (tmp_path / "0.png").write_bytes(b"broken")
    assert len(cut_anywhere(tmp_path, 4)) == 0
    with pytest.raises(SourceError, match="no folder"):
        cut_anywhere(tmp_path / "nowhere", 4)
