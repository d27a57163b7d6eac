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

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hand_tracking_dsp.errors import ConfigurationError, ModelError
from hand_tracking_dsp.rl.simulation.device import QUANTILES, DeviceModel, LoadState

FLAT = (1.0,) * len(QUANTILES)
RISING = tuple(1 + share for share in QUANTILES)


def model() -> DeviceModel:
    return DeviceModel(
        name="desk",
        source="a test",
        overhead_ms=6.0,
        detector_ms=5.0,
        level_ms=(8.0, 4.0),
        states=(LoadState("quiet", 10.0, (0.0, 1.0), FLAT), LoadState("busy", 2.0, (1.0, 0.0), RISING)),
        easy_percent=(0.0, 2.0),
        hard_percent=(0.0, 9.0),
        difficulty_mean=0.3,
        difficulty_std=0.2,
        difficulty_mean_s=10.0,
    )


def test_a_frame_costs_overhead_detector_and_every_hand() -> None:
    assert model().quiet_ms(0, 0, False) == 6.0
    assert model().quiet_ms(0, 2, False) == 22.0
    assert model().quiet_ms(1, 2, True) == 19.0
    assert model().levels == 2


def test_multipliers_follow_their_quantiles() -> None:
    uniform = np.random.default_rng(0).random(20_000)
    assert np.all(model().draw(0, uniform) == 1.0)
    drawn = model().draw(1, uniform)
    assert np.quantile(drawn, (0.1, 0.5, 0.95)) == pytest.approx((1.1, 1.5, 1.95), abs=0.02)
    assert model().draw(1, np.array([0.0, 1.0])).tolist() == [1.0, 2.0]


def test_a_model_comes_back_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "new" / "device.json"
    model().write(path)
    assert DeviceModel.from_json(path) == model()
    assert [file.name for file in path.parent.iterdir()] == ["device.json"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schema": 2}, "its schema is 2, this version reads 1"),
        ({"overhead_ms": "much"}, 'overhead_ms is "much", but must be a number'),
        ({"overhead_ms": -1}, "overhead_ms = -1.0: it must be at least 0"),
        ({"level_ms": None}, "cannot be used"),
        ({"level_ms": [8.0, float("nan")]}, "NaN is not a JSON number"),
        ({"states": []}, "0 load states: 1 to 16"),
        ({"states": 3}, "cannot be used"),
    ],
)
def test_a_damaged_file_is_refused_with_its_reason(tmp_path: Path, change, said: str) -> None:
    path = tmp_path / "device.json"
    path.write_text(json.dumps(json.loads(model().to_json()) | change))
    with pytest.raises(ModelError, match=said) as caught:
        DeviceModel.from_json(path)
    assert str(path) in str(caught.value)
    assert "fit-device" in str(caught.value)


def test_files_that_are_missing_or_no_model_are_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"nowhere\.json cannot be read"):
        DeviceModel.from_json(tmp_path / "nowhere.json")
    (tmp_path / "text.json").write_text("{")
    with pytest.raises(ModelError, match=r"text\.json cannot be used"):
        DeviceModel.from_json(tmp_path / "text.json")
    (tmp_path / "empty.json").write_text('{"schema": 1}')
    with pytest.raises(ModelError, match="name is missing"):
        DeviceModel.from_json(tmp_path / "empty.json")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"mean_s": 0.0}, "lasts 0.0 s"),
        ({"next": (0.0, 1.5)}, "each must be 0 to 1"),
        ({"multipliers": FLAT[1:]}, f"{len(FLAT) - 1} multipliers"),
        ({"multipliers": RISING[::-1]}, "never fall"),
        ({"multipliers": (0.0, *FLAT[1:])}, "above 0"),
        ({"multipliers": (*FLAT[:-1], float("inf"))}, "above 0 and never fall"),
    ],
)
def test_an_impossible_load_state_is_refused(change, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        replace(model().states[0], **change)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"states": (LoadState("quiet", 1.0, (1.0,), FLAT),)}, "its own 0 and their sum 0"),
        ({"states": (model().states[1], model().states[0])}, "its own 0 and their sum 1"),
        ({"states": (model().states[0],)}, "1 are needed"),
        ({"easy_percent": (0.0,)}, "one of each is needed"),
        ({"easy_percent": (1.0, 2.0)}, "0 at level 0"),
        ({"hard_percent": (0.0, 1.0)}, "not below the easy one"),
        ({"level_ms": (), "easy_percent": (), "hard_percent": ()}, "0 levels"),
        ({"difficulty_mean": 2.0}, "0 to 1 and more than 0 s"),
        ({"difficulty_mean_s": 0.0}, "0 to 1 and more than 0 s"),
    ],
)
def test_an_impossible_device_is_refused(change, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        replace(model(), **change)


def test_one_state_needs_no_next_one() -> None:
    alone = replace(model(), states=(LoadState("quiet", 1.0, (0.0,), FLAT),))
    assert alone.draw(0, np.array([0.5])).tolist() == [1.0]
