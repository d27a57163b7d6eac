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

"""Classes and groups of pictures of signs, and their split."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from support.signs import SIGNS, draw_signs

from hand_tracking_dsp.compression.backbones.sign_sets import PARTS, class_of, groups_of, read_signs
from hand_tracking_dsp.errors import ConfigurationError, SourceError

SHARED = Path(__file__).parents[3] / "../shared/data/train"


@pytest.mark.parametrize(
    ("path", "sign"),
    [
        ("A12_jpg.rf.292a080422.jpg", "A"),
        ("7_IMG_1125.jpg", "7"),
        ("video_pause_8a85b9df-9b59-40fc-bf08-03bb9d72d3f7_org.jpg", "video_pause"),
        ("fist.png", "fist"),
        ("thumb/anna/7.png", "thumb"),
    ],
)
def test_the_class_is_a_subfolder_or_begins_the_name(path, sign):
    assert class_of(Path(path)) == sign


def blank(paths):
    return [np.zeros((8, 8, 3), np.uint8) for _ in paths]


def test_second_subfolders_are_groups():
    paths = [Path("a/anna/1.png"), Path("a/bob/1.png"), Path("b/anna/1.png")]
    assert groups_of(paths, ["a", "a", "b"], blank(paths)) == ("folder", ["anna", "bob", "anna"])


def test_variants_of_an_original_are_a_group():
    paths = [Path(f"A{i}_jpg.rf.{mark}.jpg") for i in (1, 2) for mark in ("07", "08")]
    kind, groups = groups_of(paths, ["A"] * 4, blank(paths))
    assert kind == "original"
    assert groups == ["A1_jpg", "A1_jpg", "A2_jpg", "A2_jpg"]


def test_a_person_begins_where_the_order_of_signs_falls():
    names = ["0_1", "1_2", "1_3", "2_4", "0_5", "2_6"]
    paths = sorted(Path(f"{name}.jpg") for name in names)
    kind, groups = groups_of(paths, [path.stem[0] for path in paths], blank(paths))
    assert kind == "person"
    found = dict(zip((path.stem for path in paths), groups, strict=True))
    assert {found[name] for name in names[:4]} == {"0"}
    assert {found[name] for name in names[4:]} == {"1"}


def test_names_that_say_nothing_leave_what_looks_alike_together():
    dark, bright = np.full((8, 8, 3), 20, np.uint8), np.full((8, 8, 3), 200, np.uint8)
    paths = [Path(f"up_{name}.jpg") for name in ("1f", "2e", "3d", "4c")]
    kind, groups = groups_of(paths, ["up"] * 4, [dark, dark + 3, bright, dark + 9])
    assert kind == "look-alike"
    assert groups[0] == groups[1] == groups[3] != groups[2]


def test_no_person_is_in_two_parts(tmp_path):
    for person in range(10):
        for sign, grey in (("a", 0), ("b", 9)):
            folder = tmp_path / sign / f"p{person}"
            folder.mkdir(parents=True)
            for number in range(3):
                value = 20 * person + grey + number
                cv2.imwrite(str(folder / f"{number}.png"), np.full((20, 30, 3), value, np.uint8))
    found = read_signs(tmp_path, 16, 0, seed=3)
    assert (found.classes, found.split_by, found.groups) == (("a", "b"), "folder", 10)
    people = {name: {int(image.mean()) // 20 for image in part.images} for name, part in found.parts.items()}
    assert sum(map(len, people.values())) == len(set.union(*people.values())) == 10
    assert {name: len(part.labels) for name, part in found.parts.items()} == {
        "train": 36,
        "validation": 12,
        "test": 12,
    }
    assert all(part.images.shape[1:] == (16, 16, 3) for part in found.parts.values())


def test_the_same_seed_draws_the_same_pictures(tmp_path):
    draw_signs(tmp_path)
    first, again, other = (read_signs(tmp_path, 16, 40, seed) for seed in (1, 1, 2))
    assert sum(len(part.labels) for part in first.parts.values()) == 42
    for part in PARTS:
        assert np.array_equal(first.parts[part].images, again.parts[part].images)
    assert not np.array_equal(first.parts["test"].images, other.parts["test"].images)


def test_what_cannot_be_decoded_is_named_and_left_out(tmp_path):
    draw_signs(tmp_path)
    damaged = tmp_path / "disc" / "person0" / "0.png"
    damaged.write_bytes(b"no picture")
    named = []
    found = read_signs(tmp_path, 16, 0, 0, on_unreadable=named.append)
    assert named == [damaged]
    assert sum(len(part.labels) for part in found.parts.values()) == 59
    assert found.classes == SIGNS


def test_one_class_is_refused(tmp_path):
    cv2.imwrite(str(tmp_path / "fist.png"), np.zeros((20, 20, 3), np.uint8))
    with pytest.raises(
        ConfigurationError, match=r"are of 1 class\(es\): name a folder with a subfolder for each"
    ):
        read_signs(tmp_path, 16, 0, 0)


def test_too_few_people_are_refused(tmp_path):
    draw_signs(tmp_path, people=2)
    with pytest.raises(ConfigurationError, match=r"No picture of bar in .* is left for test"):
        read_signs(tmp_path, 16, 0, 0)


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(SourceError, match="There is no folder"):
        read_signs(tmp_path / "missing", 16, 0, 0)


@pytest.mark.parametrize(
    ("name", "classes", "split_by"),
    [("asl_letters", 26, "original"), ("digits", 10, "person"), ("drone_lab", 15, "look-alike")],
)
def test_real_sets_are_split_as_their_names_allow(name, classes, split_by):
    if not (SHARED / name).is_dir():
        pytest.skip(f"The real pictures are not here: {name}")
    found = read_signs(SHARED / name, 16, 800, 0)
    assert (len(found.classes), found.split_by) == (classes, split_by)
