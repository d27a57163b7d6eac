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

"""Networks that are composed beside the frames, tried on hands, and refused where they are too far off."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from hand_tracking_dsp.cameras.camera import Frame
from hand_tracking_dsp.errors import ConfigurationError, ModelError
from hand_tracking_dsp.resources import default_bank, original_bank
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.composition import compose as composing
from hand_tracking_dsp.tracking.composition import composer as module
from hand_tracking_dsp.tracking.composition.composer import Composer, ComposerOptions
from hand_tracking_dsp.tracking.manifest import read_manifest
from hand_tracking_dsp.tracking.palm import PalmDetector
from hand_tracking_dsp.tracking.substitute import Substitute
from hand_tracking_dsp.tracking.tracker import HandTracker

BANK = read_manifest(default_bank())
LIGHT = (75, *(100,) * 15)
OTHERS = tuple((*(100,) * number, 75, *(100,) * (15 - number)) for number in range(3, 7))
HEAVY = (25,) * 16
PATIENCE_S = 120.0

Draw = Callable[..., list[Frame]]


@pytest.fixture(scope="module")
def levels() -> LevelBank:
    return LevelBank.load(BANK)


@pytest.fixture
def tracker(levels: LevelBank) -> Iterator[HandTracker]:
    yield HandTracker(levels, PalmDetector.load(BANK))
    levels.run_instead(None)


@pytest.fixture
def composer(levels: LevelBank, monkeypatch: pytest.MonkeyPatch) -> Iterator[Composer]:
    monkeypatch.setattr(module, "_APART_S", 0.0)
    made = Composer(BANK, levels.choices[0])
    yield made
    made.close()


@pytest.fixture(scope="module")
def tensors(levels: LevelBank, draw: Draw) -> list[np.ndarray]:
    """Give the dense level's inputs of drawn hands."""
    tracker = HandTracker(levels, PalmDetector.load(BANK))
    found = []
    for frame in draw(12, hands=1):
        result = tracker.track(frame.image, frame.index / 30, order="bgr")
        found += [levels.network_input(frame.image, raw.region, 0, "bgr").copy() for raw in result.raw]
    return found


def until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        time.sleep(0.01)


def show(composer: Composer, tensors: list[np.ndarray]) -> None:
    for tensor in tensors:
        composer.see(tensor)


def made(composer: Composer, tensors: list[np.ndarray], keep: tuple[int, ...], level: int = 1) -> Substitute:
    composer.want(level, keep)
    show(composer, tensors)
    until(lambda: composer.ready or composer.refusal, "the network is ready")
    assert composer.ready is not None, composer.refusal
    return composer.ready


def test_a_network_waits_for_hands_and_then_runs_in_the_place_of_the_level(
    composer: Composer, tensors: list[np.ndarray], tracker: HandTracker, draw: Draw
) -> None:
    assert not composer.wants_hand()
    composer.want(1, LIGHT)
    assert composer.wants_hand()
    assert composer.waits
    substitute = made(composer, tensors, LIGHT)
    assert not composer.waits
    assert not composer.wants_hand(), "nothing is left to be tried"
    assert 0.8 < substitute.time < 1.0
    assert 0.0 < substitute.sparsity < 0.1
    tracker.run_instead(substitute)
    frames = draw(3, hands=1)
    for level, keep in ((1, LIGHT), (0, ()), (2, ())):
        stats = [tracker.track(one.image, one.index / 30, level, "bgr").stats for one in frames][-1]
        assert stats.keep == keep
        assert stats.level == level
        assert (stats.sparsity == substitute.sparsity) == bool(keep)
    composer.want(1, ())
    assert composer.ready is None
    tracker.run_instead(None)
    assert tracker.track(frames[0].image, 1.0, 1, "bgr").stats.keep == ()


def test_a_network_that_is_too_far_off_does_not_run_and_is_tried_again_later(
    composer: Composer, tensors: list[np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    composer.want(2, HEAVY)
    show(composer, tensors)
    until(lambda: composer.refusal, "it is refused")
    assert composer.ready is None
    assert "% of palm size off on the last 8 hands" in composer.refusal
    assert composer.refusal.endswith("allows (12). Level 2 runs on.")
    composer.options = ComposerOptions(drift_limit_percent=100.0)
    monkeypatch.setattr(module, "_AGAIN_S", 0.0)
    show(composer, tensors)
    until(lambda: composer.ready, "it is tried again")
    assert not composer.refusal


@pytest.mark.parametrize(
    ("keep", "reason"),
    [
        ((100,) * 3, "The choice has 3 layers, the network 16: give one for each."),
        ((13,) * 16, "The shares to keep hold 13 %"),
    ],
)
def test_a_choice_that_does_not_fit_is_refused_in_a_sentence(
    composer: Composer, keep: tuple[int, ...], reason: str
) -> None:
    composer.want(1, keep)
    until(lambda: composer.refusal, "it is refused")
    assert reason in composer.refusal
    assert composer.refusal.endswith("Level 1 runs on.")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (MemoryError(), "There is no memory for a composed network."),
        (RuntimeError("broken"), "Composing a network failed (RuntimeError: broken)."),
    ],
)
def test_the_level_runs_on_where_composing_fails_and_the_next_network_is_made(
    composer: Composer,
    tensors: list[np.ndarray],
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    reason: str,
) -> None:
    def fail(*_: object) -> bytes:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(composing, "compose", fail)
        composer.want(1, LIGHT)
        until(lambda: composer.refusal, "it is refused")
        assert composer.refusal == f"{reason} Level 1 runs on."
    assert made(composer, tensors, OTHERS[0]).keep == OTHERS[0]


def test_without_onnx_the_package_is_named(composer: Composer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hand_tracking_dsp.tracking.composition.compose", None)
    composer.want(1, LIGHT)
    until(lambda: composer.refusal, "it is refused")
    assert "needs the package onnx" in composer.refusal


def test_networks_that_ran_before_stay_loaded_up_to_a_number(
    levels: LevelBank, tensors: list[np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_APART_S", 0.0)
    composer = Composer(BANK, levels.choices[0], ComposerOptions(kept=2))
    try:
        first = made(composer, tensors, OTHERS[0]).session
        made(composer, tensors, OTHERS[1])
        assert made(composer, tensors, OTHERS[0]).session is first
        made(composer, tensors, OTHERS[2])
        assert made(composer, tensors, OTHERS[0]).session is first, "it was wanted later than the second"
        made(composer, tensors, OTHERS[1])
        made(composer, tensors, OTHERS[2])
        assert made(composer, tensors, OTHERS[0]).session is not first
    finally:
        composer.close()


def test_many_swaps_keep_no_network(composer: Composer, tensors: list[np.ndarray]) -> None:
    for _ in range(3):
        for keep in OTHERS:
            made(composer, tensors, keep)
    gc.collect()
    assert len(composer._loaded) <= composer.options.kept


def test_blocks_that_a_bank_has_not_are_refused() -> None:
    bank = read_manifest(original_bank())
    with pytest.raises(ModelError, match=r"has no blocks in .* make them with models blocks"):
        Composer(bank, LevelBank.load(bank).choices[0])


@pytest.mark.parametrize("level", [0, 5, -1])
def test_only_a_sparser_level_s_place_can_be_taken(levels: LevelBank, level: int) -> None:
    substitute = Substitute(level, LIGHT, levels._sessions[0], 0.9, 0.1)
    with pytest.raises(ConfigurationError, match="No composed network can run in the place of level"):
        levels.run_instead(substitute)
