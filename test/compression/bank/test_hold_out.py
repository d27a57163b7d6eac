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

"""Hold-out crops, and what files say of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.networks import sure_network, write_sure_bank

from hand_tracking_dsp.compression.bank.calibration import (
    choose_thresholds,
    fit_error_scales,
    write_calibrated,
)
from hand_tracking_dsp.compression.bank.hold_out import (
    CLEAN,
    COVERED,
    EMPTY,
    RENDERED,
    FileOutputs,
    HoldOutCrops,
    dense_file,
    level_files,
)
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.data.crops import Crops
from hand_tracking_dsp.compression.statues.rendered_hands import exact_crops
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.tracking.backends.base import Session
from hand_tracking_dsp.tracking.manifest import Manifest, read_manifest
from hand_tracking_dsp.tracking.network_file import read_network


def crops(source: str, low: int, high: int, count: int = 100, groups: int = 8) -> Crops:
    """Make pictures of noise between two brightnesses."""
    random = np.random.default_rng(len(source) + low)
    shades = np.linspace(low, high, count).astype(np.uint8)
    images = shades[:, None, None, None] + random.integers(0, 10, (count, 224, 224, 3), np.uint8)
    names = tuple(f"{source}/{i % groups}" for i in range(count))
    return Crops(images, (source,) * count, names)


@pytest.fixture(scope="module")
def dense() -> Session:
    return open_exact(sure_network(0, 0.5))


@pytest.fixture(scope="module")
def held_out(dense: Session) -> HoldOutCrops:
    return HoldOutCrops.make(crops("hands", 100, 240), crops("faces", 0, 120), dense, exact_crops(2))


def outputs(bank: Manifest, held_out: HoldOutCrops) -> list[FileOutputs]:
    return [
        FileOutputs.of(info, open_exact(read_network(bank, info)), held_out) for info in level_files(bank)
    ]


def test_hands_come_clean_and_covered_and_empty_regions_as_they_are(held_out: HoldOutCrops) -> None:
    assert {key: int(chosen.sum()) for key, chosen in held_out.sets.items()} == {
        (CLEAN, "hands"): 83,
        (COVERED, "hands"): 83,
        (RENDERED, "rendered hands"): 2,
        (EMPTY, "faces"): 100,
    }, "hands that the dense network does not take for one do not count"
    clean, covered = held_out.kinds == CLEAN, held_out.kinds == COVERED
    images, landmarks = held_out.crops.images, held_out.reference.landmarks
    assert (landmarks[clean] == landmarks[covered]).all(), "the reference is that of the clean crop"
    assert np.mean((images[clean] != images[covered]).any(axis=(1, 2, 3))) > 0.8
    assert np.isnan(landmarks[held_out.kinds == EMPTY]).all()
    assert (held_out.found & clean).sum() == 83
    assert 40 < (held_out.found & covered).sum() < 83, "some are found no more where they are covered"
    assert not held_out.found[held_out.kinds == EMPTY].any()


def test_the_same_seed_covers_the_same(dense: Session) -> None:
    one, same, other = (
        HoldOutCrops.make(crops("hands", 100, 240, 4, 4), None, dense, seed=seed).crops.images
        for seed in (1, 1, 2)
    )
    assert (one == same).all()
    assert (one != other).any()


def test_what_is_drawn_for_a_set_does_not_depend_on_the_others(dense: Session) -> None:
    first, second = crops("first", 130, 200, 12), crops("second", 140, 240, 12)
    both = Crops(
        np.concatenate([first.images, second.images]),
        first.sources + second.sources,
        first.groups + second.groups,
    )
    alone = HoldOutCrops.make(second, None, dense)
    beside = HoldOutCrops.make(both, crops("faces", 0, 120, 12), dense)

    def of_second(held_out: HoldOutCrops, values: np.ndarray, kind: str) -> np.ndarray:
        return values[(np.array(held_out.crops.sources) == "second") & (held_out.kinds == kind)]

    for kind in (CLEAN, COVERED):
        images = (of_second(one, one.crops.images, kind) for one in (alone, beside))
        assert np.array_equal(*images)
        assert np.array_equal(*(of_second(one, one.half(0), kind) for one in (alone, beside)))


def test_a_group_is_in_one_half_and_each_data_set_in_both(held_out: HoldOutCrops) -> None:
    half, groups = held_out.half(0), np.array(held_out.crops.groups)
    assert not set(groups[half]) & set(groups[~half])
    for chosen in held_out.sets.values():
        assert 0 < (chosen & half).sum() < chosen.sum()
    assert (held_out.half(0) == half).all()
    assert (held_out.half(3) != half).any()


def test_pictures_of_one_scene_cannot_be_halved(dense: Session) -> None:
    held_out = HoldOutCrops.make(crops("hands", 100, 240, 6, 1), None, dense)
    with pytest.raises(ConfigurationError, match="hands cannot be halved"):
        held_out.half(0)


def test_a_file_says_presence_deviation_and_where_it_has_it_the_expected_one(
    held_out: HoldOutCrops, tmp_path: Path
) -> None:
    write_sure_bank(tmp_path, 4.0, None)
    bank = read_manifest(tmp_path)
    assert dense_file(bank).file == "dense.onnx"
    first, half, int8 = outputs(bank, held_out)
    clean, empty = held_out.of(CLEAN), held_out.of(EMPTY)
    assert (first.deviation[clean] == 0).all()
    assert (first.deviation[clean] < half.deviation[clean]).all()
    assert half.deviation[clean].mean() < int8.deviation[clean].mean()
    assert np.isnan(first.deviation[empty]).all()
    assert (half.presence > first.presence).all()
    assert [one.says_error for one in (first, half, int8)] == [True, False, False]
    assert np.isfinite(first.error_percent).all()


def test_a_level_that_takes_dark_pictures_for_hands_gets_a_higher_threshold(
    held_out: HoldOutCrops, tmp_path: Path
) -> None:
    write_sure_bank(tmp_path)
    bank = read_manifest(tmp_path)
    found, half = outputs(bank, held_out), held_out.half(0)
    first, second = choose_thresholds(bank, found, held_out, half, 1.0)
    assert (first.old, first.new) == (0.5, 0.5), "the dense level is the measure"
    assert second.new > 0.7
    assert second.before.empty > 20
    assert second.chosen_on.empty == 0
    assert second.after.empty < 5
    assert second.chosen_on.lost <= 1.0
    write_calibrated(bank, [first, second], [], {})
    written = read_manifest(tmp_path)
    assert [level.presence_threshold for level in written.levels] == [None, second.new]
    again = choose_thresholds(written, found, held_out, half, 1.0)
    assert [(one.old, one.new) for one in again] == [(0.5, 0.5), (second.new, second.new)]


def test_a_threshold_that_is_not_needed_any_more_is_taken_out(held_out: HoldOutCrops, tmp_path: Path) -> None:
    write_sure_bank(tmp_path, dark=(0.5, 0.5))
    text = (tmp_path / "bank.json").read_text()
    bank = read_manifest(tmp_path)
    first, second = choose_thresholds(bank, outputs(bank, held_out), held_out, held_out.half(0), 1.0)
    assert second.new == 0.5
    write_calibrated(bank, [first, second], [], {})
    assert (tmp_path / "bank.json").read_text() == text, "byte for byte"


def test_expectations_that_are_off_by_a_factor_are_scaled_in_each_file(
    held_out: HoldOutCrops, tmp_path: Path
) -> None:
    write_sure_bank(tmp_path, 200.0, 200.0)
    bank = read_manifest(tmp_path)
    half, before = held_out.half(0), outputs(bank, held_out)
    scales = fit_error_scales(before, held_out, half)
    assert [one.info.file for one in scales] == ["dense.onnx", "half.onnx", "int8.onnx"]
    thresholds = choose_thresholds(bank, before, held_out, half, 1.0)
    written = write_calibrated(bank, thresholds, scales, {})
    after = outputs(read_manifest(tmp_path), held_out)
    for one, old, new in zip(scales, before, after, strict=True):
        assert one.better
        assert abs(one.scaled - one.met) < abs(one.said - one.met)
        expected = np.exp(one.slope * np.log(old.error_percent) + one.shift)
        assert new.error_percent == pytest.approx(expected, rel=1e-4)
        assert (new.deviation[held_out.hand] == old.deviation[held_out.hand]).all()
    assert written.fingerprint != bank.fingerprint
    assert not {info.file for info in bank.files} & {path.name for path in tmp_path.glob("*.onnx")}


def test_levels_that_say_nothing_have_no_scale(held_out: HoldOutCrops, tmp_path: Path) -> None:
    write_sure_bank(tmp_path)
    bank = read_manifest(tmp_path)
    assert fit_error_scales(outputs(bank, held_out), held_out, held_out.half(0)) == []


def test_too_few_hands_choose_no_threshold(dense: Session, tmp_path: Path) -> None:
    write_sure_bank(tmp_path)
    bank = read_manifest(tmp_path)
    dark = HoldOutCrops.make(crops("hands", 0, 100), crops("faces", 0, 120), dense)
    with pytest.raises(ConfigurationError, match="Only 0 hands that the dense network finds are in one half"):
        choose_thresholds(bank, outputs(bank, dark), dark, dark.half(0), 1.0)
