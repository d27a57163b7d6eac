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

"""The palm detector on pictures whose truth is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.networks import near_detector_of

from hand_tracking_dsp.cameras.camera import Frame
from hand_tracking_dsp.errors import BackendError, ModelError
from hand_tracking_dsp.hand import Joint
from hand_tracking_dsp.resources import original_bank
from hand_tracking_dsp.tracking import opening, palm
from hand_tracking_dsp.tracking.backends import RuntimeOptions, Session, Sides
from hand_tracking_dsp.tracking.geometry import palm_size, region_from_palm
from hand_tracking_dsp.tracking.manifest import Manifest, read_manifest
from hand_tracking_dsp.tracking.motion import Square
from hand_tracking_dsp.tracking.opening import open_checked
from hand_tracking_dsp.tracking.palm import PalmDetector, letterboxed

# What the detector's seven keypoints are.
KEYPOINTS = [
    Joint.WRIST,
    Joint.INDEX_MCP,
    Joint.MIDDLE_MCP,
    Joint.RING_MCP,
    Joint.PINKY_MCP,
    Joint.THUMB_CMC,
    Joint.THUMB_MCP,
]


@pytest.mark.parametrize("variant", ["full", "lite"])
def test_finds_the_palm_of_a_drawn_hand(
    bank_folder: Path, draw: Callable[..., list[Frame]], variant: str
) -> None:
    detector = PalmDetector.load(bank_folder, variant)
    for frame in draw(6, seed=3):
        (found,) = detector.detect(frame.image, "bgr")
        assert frame.truth is not None
        truth = frame.truth[0].joints_px
        distance = np.linalg.norm(found.keypoints - truth[KEYPOINTS, :2], axis=1)
        assert distance.mean() < 0.25 * palm_size(truth)
        region = region_from_palm(found)
        inside = np.abs(truth[:, :2] - (region.x, region.y)).max(axis=1) < region.size
        assert inside.all()


def test_finds_nothing_in_a_grey_picture(detector: PalmDetector) -> None:
    assert detector.detect(np.full((480, 640, 3), 128, dtype=np.uint8)) == []


def test_finds_nothing_in_a_picture_of_one_pixel(detector: PalmDetector) -> None:
    assert detector.detect(np.full((1, 1, 3), 128, dtype=np.uint8)) == []


@pytest.mark.parametrize("shape", [(0, 640, 3), (480, 0, 3), (0, 0, 3)])
def test_finds_nothing_in_a_picture_without_pixels(
    detector: PalmDetector, shape: tuple[int, int, int]
) -> None:
    assert detector.detect(np.zeros(shape, dtype=np.uint8)) == []


def test_the_place_does_not_depend_on_the_shape_of_the_picture(
    detector: PalmDetector, draw: Callable[..., list[Frame]]
) -> None:
    image = draw(1)[0].image
    (found,) = detector.detect(image, "bgr")
    # More rows below make the square larger and the hand smaller in it, but do not move it.
    taller = np.vstack([image, np.zeros((120, image.shape[1], 3), dtype=np.uint8)])
    (again,) = detector.detect(taller, "bgr")
    np.testing.assert_allclose(again.keypoints, found.keypoints, atol=8)


@pytest.mark.parametrize(
    ("rows", "columns", "sides"),
    [
        (slice(None), slice(None), (160, 192)),  # 640x480
        (slice(60, 420), slice(None), (128, 192)),  # 16:9
        (slice(None), slice(140, 500), (192, 160)),
        (slice(None), slice(80, 560), (192, 192)),
        (slice(None), slice(0, 2), (192, 96)),
    ],
)
def test_the_input_is_no_larger_than_the_image_needs(
    draw: Callable[..., list[Frame]],
    monkeypatch: pytest.MonkeyPatch,
    rows: slice,
    columns: slice,
    sides: tuple[int, int],
) -> None:
    opened: list[object] = []
    monkeypatch.setattr(palm, "open_checked", lambda *args: opened.append(args[2]) or open_checked(*args))
    image = np.ascontiguousarray(draw(1)[0].image[rows, columns])
    detector = PalmDetector.load(original_bank(), "full")
    found = detector.detect(image, "bgr")
    assert opened == ([] if sides == (192, 192) else [sides])
    square = in_a_square(detector).detect(image, "bgr")
    assert len(found) == len(square)
    for one, other in zip(found, square, strict=True):
        np.testing.assert_allclose(one.keypoints, other.keypoints, atol=6)


def in_a_square(detector: PalmDetector) -> PalmDetector:
    """Make the same detector without other sizes of its input."""
    return PalmDetector(detector.choice, detector._square.session)


def test_where_another_size_does_not_open_the_square_goes_on_and_it_is_said_once(
    draw: Callable[..., list[Frame]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> Session:
        msg = "The backend is out of memory."
        raise BackendError(msg)

    detector = PalmDetector.load(original_bank(), "full")
    monkeypatch.setattr(palm, "open_checked", refuse)
    image = draw(1)[0].image
    assert len(detector.detect(image, "bgr")) == len(detector.detect(image, "bgr")) == 1
    assert detector.warnings == [
        "The palm detector goes on with its square input of 192 pixels. The backend is out of memory."
    ]


def test_returns_no_more_palms_than_asked_for(
    detector: PalmDetector, draw: Callable[..., list[Frame]]
) -> None:
    image = draw(1, hands=2)[0].image
    assert len(detector.detect(image, "bgr", max_hands=2)) == 2
    assert len(detector.detect(image, "bgr", max_hands=1)) == 1


def test_letterboxing_centres_and_blackens() -> None:
    box = letterboxed(np.full((100, 200, 3), 200, dtype=np.uint8))
    assert box.shape == (192, 192, 3)
    assert (box[:46] == 0).all()
    assert (box[-46:] == 0).all()
    assert (box[50:140, :190] == 200).all()


def test_an_unknown_variant_is_refused(bank_folder: Path) -> None:
    with pytest.raises(ModelError, match="no palm detector 'tiny': choose one of full, lite"):
        PalmDetector.load(bank_folder, "tiny")


@pytest.fixture
def near_bank(bank_folder: Path) -> Manifest:
    """A bank whose near detector has one file alone, which is INT8 in name."""
    manifest = read_manifest(bank_folder)
    near = near_detector_of(manifest.detector("full"), "int8")
    return replace(manifest, near_detector=near)


def test_a_near_detector_finds_in_a_place_what_the_whole_image_shows(
    near_bank: Manifest, draw: Callable[..., list[Frame]]
) -> None:
    image = draw(1)[0].image
    detector = PalmDetector.load(near_bank)
    assert detector.near is not None
    assert not detector.choice.problems
    (palm,) = detector.detect(image, "bgr")
    region = region_from_palm(palm)
    place = Square(region.x + 0.3 * region.size, region.y, 2 * region.size)
    (near,) = detector.near.detect(image, "bgr", place=place)
    np.testing.assert_allclose(near.keypoints, palm.keypoints, atol=0.3 * (palm.box[2] - palm.box[0]))


def test_a_place_beyond_the_image_shows_nothing(
    detector: PalmDetector, draw: Callable[..., list[Frame]]
) -> None:
    assert detector.detect(draw(1)[0].image, "bgr", place=Square(-900.0, 200.0, 300.0)) == []


def test_a_near_detector_that_cannot_run_is_done_without_and_named(near_bank: Manifest) -> None:
    detector = PalmDetector.load(near_bank, "", RuntimeOptions("onnxruntime", ("cpu",), precision="fp32"))
    assert detector.near is None
    (problem,) = detector.choice.problems
    assert problem.startswith("Likely places are not searched: their palm detector does not run. The network")
    assert "cannot run in fp32" in problem


def test_a_near_detector_that_no_provider_opens_is_done_without_and_named(
    near_bank: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_session = opening.open_session

    def refuse(model: bytes, name: str, options: RuntimeOptions, *rest: Sides | None) -> Session:
        if options.precision == "int8":
            msg = "the backend knows no such operator"
            raise BackendError(msg)
        return open_session(model, name, options, *rest)

    monkeypatch.setattr(opening, "open_session", refuse)
    detector = PalmDetector.load(near_bank, "", RuntimeOptions("onnxruntime", ("cpu",)))
    assert detector.near is None
    assert "the backend knows no such operator" in detector.choice.problems[-1]


def test_a_near_detector_whose_file_is_damaged_is_an_error(near_bank: Manifest) -> None:
    assert near_bank.near_detector is not None
    damaged = replace(near_bank, near_detector=replace(near_bank.near_detector, sha256="0" * 64))
    with pytest.raises(ModelError, match="was changed meanwhile"):
        PalmDetector.load(damaged)


def test_openvino_leaves_an_int8_near_detector_to_onnx_runtime(near_bank: Manifest) -> None:
    pytest.importorskip("openvino", reason="OpenVINO is not installed")
    detector = PalmDetector.load(near_bank, runtime=RuntimeOptions(backend="openvino"))
    assert detector.provider.startswith("openvino/")
    assert detector.near is not None
    assert detector.near.provider.startswith("onnxruntime/")
