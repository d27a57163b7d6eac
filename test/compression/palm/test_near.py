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

import numpy as np
import onnx
import pytest

from hand_tracking_dsp.compression.bank.files import read_files, read_model, write_bank
from hand_tracking_dsp.compression.palm.detector import open_detector
from hand_tracking_dsp.compression.palm.near import (
    FOUND,
    OFFSET,
    choose_file,
    draw_place,
    measure_near,
    resized,
    with_near,
)
from hand_tracking_dsp.compression.palm.rewrite import with_integer_projections
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.resources import share_path
from hand_tracking_dsp.tracking.anchors import palm_anchors
from hand_tracking_dsp.tracking.manifest import read_manifest
from hand_tracking_dsp.tracking.motion import Square
from hand_tracking_dsp.tracking.palm import PalmDetector
from hand_tracking_dsp.tracking.types import Region


@pytest.fixture(scope="module")
def bank():
    return read_manifest(share_path("models", "mediapipe"))


@pytest.fixture(scope="module")
def palm_network(bank):
    return read_model(bank, bank.detector("full"))


@pytest.fixture(scope="module")
def hand():
    """A picture of one hand, and the centre of its palm."""
    from hand_tracking_dsp.cameras.camera import SourceOptions
    from hand_tracking_dsp.cameras.factory import open_source

    with open_source("synthetic", SourceOptions(absence_s=0)) as source:
        frame = source.read(1.0)
    return frame.image


def palm_in(detector, image, place=None):
    (palm,) = detector.detect(image, "bgr", place=place)
    return (palm.box[:2] + palm.box[2:]) / 2, palm.box[2] - palm.box[0]


@pytest.mark.parametrize("size", [64, 96, 128, 160])
def test_a_smaller_input_has_as_many_boxes_as_anchors(detector, size):
    small = resized(detector, size)

    onnx.checker.check_model(small, full_check=True)
    outputs = [[one.dim_value for one in value.type.tensor_type.shape.dim] for value in small.graph.output]
    assert outputs == [[1, len(palm_anchors(size)), 18], [1, len(palm_anchors(size)), 1]]
    assert open_detector(small, "small").detect(np.zeros((30, 40, 3), np.uint8)) is not None


def test_the_network_that_is_made_smaller_stays_as_it_was(detector):
    before = detector.SerializeToString(deterministic=True)

    resized(detector, 96)

    assert detector.SerializeToString(deterministic=True) == before


def test_the_same_size_is_the_same_network(detector):
    same, again = (one.SerializeToString(deterministic=True) for one in (detector, resized(detector, 192)))

    assert same == again


@pytest.mark.parametrize("integers", [False, True])
def test_a_hand_is_found_in_its_place_where_the_whole_network_finds_it(palm_network, hand, integers):
    network = with_integer_projections(palm_network) if integers else palm_network
    centre, side = palm_in(open_detector(palm_network, "whole"), hand)

    place = Square(*map(float, centre), 5.2 * float(side))
    found, near_side = palm_in(open_detector(resized(network, 128), "near"), hand, place)

    assert np.linalg.norm(found - centre) < 0.3 * side
    assert 0.6 < near_side / side < 1.6


def test_refuses_a_network_whose_boxes_are_listed_otherwise(detector):
    other = onnx.ModelProto()
    other.CopyFrom(detector)
    reshape = next(node for node in other.graph.node if node.op_type == "Reshape")
    shape = next(one for one in other.graph.initializer if one.name == reshape.input[1])
    shape.CopyFrom(onnx.numpy_helper.from_array(np.array([1, -1, 18]), shape.name))

    with pytest.raises(ModelError, match="is no list of the boxes of one grid"):
        resized(other, 128)


def test_places_are_twice_a_region_and_half_of_one_away_at_most():
    random = np.random.default_rng(0)
    region = Region(100.0, 50.0, 40.0, 0.5)

    places = [draw_place(region, random) for _ in range(200)]

    assert {place.side for place in places} == {80.0}
    away = np.array([(place.x - 100, place.y - 50) for place in places])
    assert 15 < np.abs(away).max() <= 20


def test_every_size_is_measured_on_the_same_places(palm_network, hand):
    steps = []

    small, middle, large, whole = measure_near(palm_network, [hand] * 4, 1, 2, lambda: steps.append(1))

    assert [one.size for one in (small, middle, large, whole)] == [96, 128, 160, 192]
    assert {one.places for one in (small, middle, large, whole)} == {4}
    assert whole.percent == 100.0
    assert middle.found >= 3
    assert 0 <= middle.offset < 50
    assert min(small.times.p50_ms, whole.times.p50_ms) > 0
    assert len(steps) == 4


def test_pictures_without_a_palm_give_no_figures(palm_network):
    figures = measure_near(palm_network, [np.zeros((48, 64, 3), np.uint8)], runs=1)

    assert all((one.places, one.found) == (0, 0) for one in figures)
    assert all(np.isnan((one.percent, one.offset)).all() for one in figures)


def test_a_bank_gets_a_near_detector_that_the_tracker_loads(bank, palm_network, hand, tmp_path):
    figures = measure_near(palm_network, [hand], runs=1)

    new, files = with_near(bank, "full", 128, figures, "a hand (1 picture)")
    everything = read_files(bank)
    written = write_bank(tmp_path / "bank", new, {**everything, **files})

    near = read_manifest(tmp_path / "bank").near_detector
    assert near == written.near_detector
    assert (near.name, near.file, near.input_size) == ("full_128", "palm_full_128.onnx", 128)
    assert near.parameters == bank.detector("full").parameters
    assert near.macs == pytest.approx(bank.detector("full").macs * 128**2 / 192**2, rel=0.01)
    assert {(one.metric, one.samples) for one in near.accuracy} == {(FOUND, 1), (OFFSET, 1)}
    assert near.source["file"] == "palm_full.onnx"
    loaded = PalmDetector.load(tmp_path / "bank")
    assert loaded.near is not None
    assert len(loaded.near.detect(hand, "bgr")) == 1


def test_the_int8_file_is_taken_where_there_is_one():
    own = read_manifest(share_path("models", "dsp"))

    assert choose_file(own.detector("full")).precision == "int8"


def test_a_detector_without_int8_is_taken_as_it_is(bank):
    assert choose_file(bank.detector("lite")) is bank.detector("lite")
