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

"""Statues: depth images that show hands to networks which know photos."""

from __future__ import annotations

import numpy as np
import pytest
from support.rendered_hands import render

from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.synthetic.scene import SyntheticScene
from hand_tracking_dsp.depth.statue import StatueOptions, StatuePainter
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.depth_view import DepthView, Intrinsics
from hand_tracking_dsp.tracking.palm import PalmDetector
from hand_tracking_dsp.tracking.tracker import HandTracker
from hand_tracking_dsp.tracking.types import Floats

CAMERA = Intrinsics(500.0, 500.0, 319.5, 239.5)
BACKGROUND = 10


def plane(metres: float = 0.6, width: int = 640, height: int = 480) -> Floats:
    return np.full((height, width), metres, np.float32)


def draw(metres: Floats, camera: Intrinsics = CAMERA, **options: float) -> np.ndarray:
    return StatuePainter(StatueOptions(**options)).draw(DepthView(metres, camera))


def test_a_plane_is_lit_evenly() -> None:
    image = draw(plane())
    assert image.shape == (480, 640, 3)
    assert image.dtype == np.uint8
    assert np.ptp(image.reshape(-1, 3), axis=0).max() == 0
    red, green, blue = (int(value) for value in image[0, 0])
    assert red > green > blue > BACKGROUND


def test_surfaces_that_face_the_lamp_are_brighter() -> None:
    rows = np.linspace(-0.2, 0.2, 480, dtype=np.float32)[:, None] + np.zeros((1, 640), np.float32)
    # The lamp hangs above the camera: a surface whose upper end lies farther away faces it.
    floor, ceiling = draw(0.6 - rows)[240, 320, 0], draw(0.6 + rows)[240, 320, 0]
    assert int(floor) > int(ceiling) + 5


@pytest.mark.parametrize("metres", [0.0, 5.0])
def test_nothing_is_drawn_of_the_unknown_and_of_what_is_out_of_reach(metres: float) -> None:
    assert draw(plane(metres)).max() <= BACKGROUND


def test_what_is_farther_away_is_darker() -> None:
    near, middle, far = (int(draw(plane(metres)).max()) for metres in (0.5, 1.4, 1.7))
    assert near > middle > far
    assert draw(plane(1.7), reach_m=10.0).max() == near


def test_small_holes_are_filled_and_large_ones_stay() -> None:
    metres = plane()
    metres[100:103, 100:103] = 0
    metres[200:209, 200:209] = 0
    metres[300:400, 300:400] = 0
    metres[np.random.default_rng(0).random(metres.shape) < 0.05] = 0
    image = draw(metres)
    lit = np.median(image[..., 0])
    assert np.abs(image[90:220, 90:220, 0].astype(float) - lit).max() <= 2
    assert image[310:390, 310:390].max() <= BACKGROUND


def test_the_edge_of_a_hole_is_not_lit_as_a_step() -> None:
    metres = plane()
    metres[100:380, 320:] = 0
    image = draw(metres)
    lit = image[50, 50, 0]
    assert set(np.unique(image[..., 0])) <= {lit, image[240, 500, 0]}


def test_a_step_between_surfaces_is_drawn_dark() -> None:
    metres = plane(0.4)
    metres[:, 320:] = 0.5
    image = draw(metres)
    assert int(image[240, 319:321, 0].max()) < int(image[240, 100, 0]) - 10
    assert image[240, 330, 0] == image[240, 100, 0]


def test_depth_of_the_frame_before_does_not_shine_through() -> None:
    painter = StatuePainter()
    rough = plane() + np.random.default_rng(0).normal(0, 0.01, (480, 640)).astype(np.float32)
    first = painter.draw(DepthView(rough, CAMERA))
    kept = first.copy()
    assert np.array_equal(painter.draw(DepthView(plane(), CAMERA)), draw(plane()))
    assert np.array_equal(first, kept), "a search may still look at it"


@pytest.mark.parametrize(
    ("width", "height"), [(8, 6), (160, 120), (848, 480), (1280, 720), (1920, 1080), (3840, 2160)]
)
def test_depth_of_any_size_is_drawn_alike(width: int, height: int) -> None:
    scale = width / 640
    camera = Intrinsics(500 * scale, 500 * scale, width / 2, height / 2)
    x = (np.arange(width, dtype=np.float32) - width / 2) / width
    metres = np.broadcast_to(0.6 + 0.1 * x, (height, width)).astype(np.float32)
    image = draw(metres, camera)
    assert image.shape == (height, width, 3)
    assert abs(int(np.median(image[..., 0])) - int(np.median(draw(plane())[..., 0]))) <= 8


@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (3, 640), (480, 2)])
def test_nothing_is_drawn_of_a_strip_of_depth(shape: tuple[int, int]) -> None:
    image = draw(np.full(shape, 0.6, np.float32))
    assert image.shape == (*shape, 3)
    assert image.max() <= BACKGROUND


def test_large_depth_images_with_noise_are_not_drawn_rough() -> None:
    metres = plane(0.6, 3840, 2160) + np.random.default_rng(0).normal(0, 0.002, (2160, 3840))
    image = draw(metres.astype(np.float32), Intrinsics(3000.0, 3000.0, 1920.0, 1080.0))
    assert image[..., 0].std() < 10


@pytest.mark.parametrize("focal", [0.0, -500.0, float("nan"), float("inf"), 1e-3, 1e9])
def test_cameras_without_sense_do_no_harm(focal: float) -> None:
    assert draw(plane(), Intrinsics(focal, focal, 0.0, 0.0)).shape == (480, 640, 3)


def test_views_that_are_not_contiguous_are_drawn_too() -> None:
    wide = plane(0.6, 1280)
    wide[:, 1::2] = 0.9
    assert np.array_equal(draw(wide[:, ::2]), draw(plane()))


def test_the_tracker_finds_hands_in_statues(bank: LevelBank, detector: PalmDetector) -> None:
    scene = SyntheticScene(SourceOptions(absence_s=0.0, seed=3))
    random = np.random.default_rng(0)
    found = []
    for index in range(0, 450, 45):
        frame = scene.frame(index)
        assert frame.depth_mm is not None
        assert frame.truth is not None
        metres = frame.depth_mm * np.float32(1e-3)
        metres += 0.0012 * metres**2 * random.normal(0, 1, metres.shape).astype(np.float32)
        tracker = HandTracker(bank, detector)
        hands = tracker.track(draw(metres, scene.intrinsics), 0.0).hands
        found += [
            np.linalg.norm(hands[0].landmarks[:, :2] - truth.joints_px[:, :2], axis=1).mean()
            for truth in frame.truth
            if hands
        ]
    assert len(found) >= 9
    assert np.median(found) < 12, "pixels; 7 were measured"


@pytest.mark.parametrize("noise", ["structured_light", "stereo", "time_of_flight"])
def test_the_tracker_finds_hands_in_noisy_depth_before_a_wall(
    noise: str, bank: LevelBank, detector: PalmDetector
) -> None:
    found = 0
    for seed, gesture in enumerate(("open palm", "spread", "victory", "relaxed", "three", "four")):
        one = render(gesture, noise=noise, seed=seed)
        for hand in HandTracker(bank, detector).track(StatuePainter().draw(one.view), 0.0).hands:
            off = hand.landmarks[:, :2] - one.view.camera.project(one.joints_m)
            found += np.linalg.norm(off, axis=1).mean() < 20
    assert found >= 5, "of 6; without evened light it was one or two"


@pytest.mark.parametrize("reach_m", [0.0, -1.0, float("nan"), 100.0])
def test_a_reach_out_of_range_is_refused(reach_m: float) -> None:
    with pytest.raises(ConfigurationError, match="reach_m"):
        StatueOptions(reach_m=reach_m)
