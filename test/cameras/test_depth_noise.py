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

"""Noise of depth sensors, in the shape that is published of each."""

from __future__ import annotations

import numpy as np
import pytest

from hand_tracking_dsp.cameras.depth_noise import DEPTH_NOISES, DepthSensor, add_depth_noise
from hand_tracking_dsp.tracking.depth_view import Intrinsics

CAMERA = Intrinsics(600.0, 600.0, 79.5, 59.5)
NOISY = DEPTH_NOISES[1:]


def wall(depth_m: float) -> np.ndarray:
    return np.full((120, 160), depth_m, np.float32)


def step() -> np.ndarray:
    """Make a board of 40 columns half a metre before a wall."""
    metres = wall(1.0)
    metres[:, 60:100] = 0.5
    return metres


def seen(metres: np.ndarray, kind: str, seed: int = 0, strength: float = 1.0) -> np.ndarray:
    return add_depth_noise(metres, CAMERA, kind, np.random.default_rng(seed), strength)


@pytest.mark.parametrize("kind", DEPTH_NOISES)
def test_depth_stays_depth(kind: str) -> None:
    metres = step()
    metres[:10] = 0.0
    before = metres.copy()
    noisy = seen(metres, kind)
    assert np.array_equal(metres, before)
    assert (noisy.shape, noisy.dtype) == (metres.shape, np.float32)
    assert np.isfinite(noisy).all()
    assert not noisy[:5].any()
    assert np.median(np.abs(noisy - metres)[(noisy > 0) & (metres > 0)]) < 0.005
    assert np.array_equal(noisy, seen(metres, kind))


@pytest.mark.parametrize("kind", DEPTH_NOISES)
@pytest.mark.parametrize("depth_m", [0.0, 0.5])
def test_images_with_one_depth_or_none_are_taken(kind: str, depth_m: float) -> None:
    noisy = seen(wall(depth_m), kind)
    assert (noisy > 0).mean() == pytest.approx(float(depth_m > 0), abs=0.15)


def test_no_noise_is_none() -> None:
    assert np.array_equal(seen(step(), "none"), step())


@pytest.mark.parametrize("kind", ["structured_light", "stereo"])
def test_errors_of_triangulation_grow_with_the_square_of_the_distance(kind: str) -> None:
    near, far = (np.mean([spread(seen(wall(z), kind, seed)) for seed in range(6)]) for z in (0.4, 1.6))
    assert far / near == pytest.approx(16, rel=0.35)


def spread(metres: np.ndarray) -> float:
    return float(metres[metres > 0].std())


def test_structured_light_is_quantised() -> None:
    values = np.unique(seen(wall(0.8), "structured_light"))
    assert 2 <= len(values[values > 0]) < 12


@pytest.mark.parametrize("kind", ["structured_light", "stereo"])
def test_what_is_near_casts_a_shadow_to_one_side(kind: str) -> None:
    holes = np.mean([seen(step(), kind, seed) == 0 for seed in range(4)], axis=(0, 1))
    left, right = holes[35:58].max(), holes[102:125].max()
    assert max(left, right) > 0.2
    one_sided = [seen(step(), kind, seed)[:, [*range(35, 55), *range(105, 125)]] == 0 for seed in range(4)]
    for hole in one_sided:
        sides = hole[:, :20].mean(), hole[:, 20:].mean()
        assert min(sides) < 0.1 < max(sides)


def test_stereo_makes_near_things_wider() -> None:
    near = [(np.abs(seen(step(), "stereo", seed) - 0.5) < 0.05).mean(0) for seed in range(4)]
    assert all((row > 0.5).sum() > 40 for row in near)


def test_stereo_noise_is_alike_in_neighbours() -> None:
    def alike(kind: str) -> float:
        noisy = seen(wall(0.8), kind)
        both = (noisy[:, 1:] > 0) & (noisy[:, :-1] > 0)
        return float(np.corrcoef(noisy[:, 1:][both], noisy[:, :-1][both])[0, 1])

    assert alike("stereo") > 0.3
    assert abs(alike("time_of_flight")) < 0.1


def test_time_of_flight_has_flying_pixels_at_steps() -> None:
    noisy = seen(step(), "time_of_flight")
    between = (noisy > 0.55) & (noisy < 0.92)
    assert between[:, [58, 59, 60, 61, 98, 99, 100, 101]].sum() > 30
    assert between[:, :50].sum() == 0


@pytest.mark.parametrize("kind", NOISY)
def test_more_strength_is_more_noise(kind: str) -> None:
    assert spread(seen(wall(0.8), kind, strength=3.0)) > 1.5 * spread(seen(wall(0.8), kind, strength=0.5))


def images_of(sensor: DepthSensor, count: int = 8) -> list[np.ndarray]:
    return [sensor.see(step(), CAMERA, np.random.default_rng(index)) for index in range(count)]


def test_a_sensor_of_structured_light_has_one_projector_and_one_step() -> None:
    values, sides = set(), set()
    for image in images_of(DepthSensor("structured_light", np.random.default_rng(5))):
        values |= set(np.unique(image[:, :30]).tolist()) - {0.0}
        holes = image == 0
        sides.add(bool(holes[:, 35:55].mean() > holes[:, 105:125].mean()))
    assert len(values) < 12
    assert len(sides) == 1


@pytest.mark.parametrize("kind", ["stereo", "time_of_flight"])
def test_a_sensor_is_as_noisy_in_each_image_and_sensors_differ(kind: str) -> None:
    sensors = [DepthSensor(kind, np.random.default_rng(seed)) for seed in range(8)]
    over_time = [spread(image[:, :30]) for image in images_of(sensors[0])]
    assert np.ptp(over_time) / np.mean(over_time) < 0.25
    each = [spread(sensor.see(wall(0.8), CAMERA, np.random.default_rng(9))) for sensor in sensors]
    assert np.ptp(each) / np.mean(each) > 0.5


@pytest.mark.parametrize("kind", NOISY)
def test_the_images_of_a_sensor_differ_and_its_mean_over_time_does_not_drift(kind: str) -> None:
    images = images_of(DepthSensor(kind, np.random.default_rng(5)), 16)
    assert not np.array_equal(images[0], images[1])
    seen_mm = [1e3 * image[:, :30][image[:, :30] > 0].mean() for image in images]
    assert abs(np.mean(seen_mm[:8]) - np.mean(seen_mm[8:])) < 0.5
