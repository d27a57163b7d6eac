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

"""A trace that a known device made is recovered."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hand_tracking_dsp.errors import ConfigurationError, ModelError, SourceError
from hand_tracking_dsp.messages.frame_cost import FrameCost
from hand_tracking_dsp.recordings.trace import Trace
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.rl.simulation.default_device import default_device
from hand_tracking_dsp.rl.simulation.device import QUANTILES, DeviceModel, LoadState
from hand_tracking_dsp.rl.simulation.fit_device import fit_device, split_blocks
from hand_tracking_dsp.rl.simulation.goodness_of_fit import occupancy, reproduce, simulate
from hand_tracking_dsp.tracking.manifest import Manifest, read_manifest


def spread(middle: float, tail: float) -> tuple[float, ...]:
    return tuple(float(value) for value in np.interp(QUANTILES, (0, 0.5, 1), (0.95 * middle, middle, tail)))


@pytest.fixture(scope="module")
def manifest() -> Manifest:
    return read_manifest(default_bank())


@pytest.fixture(scope="module")
def truth(manifest: Manifest) -> DeviceModel:
    states = (
        LoadState("quiet", 12.0, (0.0, 1.0), spread(1.0, 1.2)),
        LoadState("busy", 4.0, (1.0, 0.0), spread(2.0, 3.0)),
    )
    return replace(
        default_device(manifest),
        overhead_ms=4.0,
        detector_ms=8.0,
        level_ms=(7.0, 6.5, 5.5, 3.5, 2.4),
        states=states,
        easy_percent=(0.0, 1.0, 2.0, 4.0, 5.0),
        hard_percent=(0.0, 3.0, 6.0, 12.0, 14.0),
    )


def record(
    model: DeviceModel,
    seconds: float,
    seed: int,
    levels: tuple[int, ...] = (0, 1, 2, 3, 4),
    scene_s: float = 8.0,
) -> Trace:
    """Let a device run: a level every 2 s, a scene every 8 s, one hand, the detector every tenth frame."""
    random = np.random.default_rng(seed)
    stamps = np.arange(0, seconds, 1 / 30)
    difficulty = random.random(int(seconds / scene_s) + 1)
    frames = []
    for number, stamp_s in enumerate(stamps):
        level = levels[int(stamp_s / 2) % len(levels)]
        hard = difficulty[int(stamp_s / scene_s)]
        drift = [
            easy + hard * (most - easy)
            for easy, most in zip(model.easy_percent, model.hard_percent, strict=True)
        ]
        frames.append(
            FrameCost(
                stamp_ns=round(stamp_s * 1e9),
                level=level,
                hands=1,
                detector_ran=number % 10 == 0,
                total_ms=0.0,
                detection_ms=float(number % 10 == 0),
                drift=drift[level],
                drift_sparser=drift[1] if level == 0 else float("nan"),
            )
        )
    slower = simulate(model, Trace(tuple(frames)), random) / np.array(
        [model.quiet_ms(frame.level, 1, frame.detector_ran) for frame in frames]
    )
    return Trace(
        tuple(
            replace(
                frame,
                total_ms=factor
                * (1.0 + model.detector_ms * frame.detector_ran + model.level_ms[frame.level]),
                detection_ms=factor * model.detector_ms * frame.detector_ran,
                landmarks_ms=factor * model.level_ms[frame.level],
                end_to_end_ms=factor * model.quiet_ms(frame.level, 1, frame.detector_ran),
            )
            for frame, factor in zip(frames, slower, strict=True)
        )
    )


def test_a_device_is_recovered_from_its_trace(truth: DeviceModel, manifest: Manifest) -> None:
    found = fit_device([record(truth, 400, 1)], manifest, "found", "a test", scenes=True)
    assert found.overhead_ms == pytest.approx(truth.overhead_ms, rel=0.05)
    assert found.detector_ms == pytest.approx(truth.detector_ms, rel=0.05)
    assert found.level_ms == pytest.approx(truth.level_ms, rel=0.05)
    assert len(found.states) == 2
    assert [state.name for state in found.states] == ["quiet", "loaded"]
    for state, known in zip(found.states, truth.states, strict=True):
        assert state.multipliers[2:-4] == pytest.approx(known.multipliers[2:-4], rel=0.06)
        assert state.mean_s == pytest.approx(known.mean_s, rel=0.5)
        assert state.next == known.next
    assert occupancy(found) == pytest.approx(occupancy(truth), abs=0.12)


def test_drift_and_scenes_are_recovered(truth: DeviceModel, manifest: Manifest) -> None:
    found = fit_device(
        [record(truth, 400, 2), record(truth, 400, 3)], manifest, "found", "a test", scenes=True
    )
    assert found.easy_percent[0] == found.hard_percent[0] == 0.0
    for fitted, known in ((found.easy_percent, truth.easy_percent), (found.hard_percent, truth.hard_percent)):
        assert fitted[1:] == pytest.approx(known[1:], rel=0.25, abs=0.5)
    assert found.difficulty_mean == pytest.approx(0.5, abs=0.12)
    assert found.difficulty_std == pytest.approx(0.3, abs=0.08)
    # Scenes of a fixed length: their autocorrelation falls to 1/e at 0.63 of it.
    assert found.difficulty_mean_s == pytest.approx(5.0, abs=1.5)
    assert "drift measured at levels: 1, 2, 3, 4" in found.source


def test_without_measured_drift_the_bank_says_it(truth: DeviceModel, manifest: Manifest) -> None:
    trace = record(truth, 60, 4)
    bare = Trace(tuple(replace(one, drift=float("nan"), drift_sparser=float("nan")) for one in trace.frames))
    found = fit_device([bare], manifest, "found", "a test")
    prior = default_device(manifest)
    assert (found.easy_percent, found.hard_percent) == (prior.easy_percent, prior.hard_percent)
    assert found.difficulty_mean_s == prior.difficulty_mean_s
    assert "drift and scenes as the bank" in found.source


def test_levels_without_frames_are_scaled_from_the_bank(truth: DeviceModel, manifest: Manifest) -> None:
    found = fit_device([record(truth, 100, 5, levels=(0,))], manifest, "found", "a test", scenes=True)
    known = default_device(manifest).level_ms
    assert found.level_ms[0] == pytest.approx(7.0, rel=0.05)
    assert [ms / found.level_ms[0] for ms in found.level_ms] == pytest.approx([ms / known[0] for ms in known])


def test_a_machine_that_is_always_quiet_has_one_state(truth: DeviceModel, manifest: Manifest) -> None:
    alone = replace(truth, states=(LoadState("quiet", 12.0, (0.0,), spread(1.0, 1.3)),))
    found = fit_device([record(alone, 60, 6)], manifest, "found", "a test")
    assert [state.name for state in found.states] == ["quiet"]
    assert found.states[0].next == (0.0,)


def test_three_states_are_told_apart(truth: DeviceModel, manifest: Manifest) -> None:
    three = (
        LoadState("a", 6.0, (0.0, 0.5, 0.5), spread(1.0, 1.2)),
        LoadState("b", 6.0, (0.5, 0.0, 0.5), spread(1.8, 2.5)),
        LoadState("c", 6.0, (0.5, 0.5, 0.0), spread(4.0, 6.0)),
    )
    found = fit_device([record(replace(truth, states=three), 300, 7)], manifest, "found", "a test")
    medians = [state.multipliers[QUANTILES.index(0.5)] for state in found.states]
    assert medians == pytest.approx([1.0, 1.8, 4.0], rel=0.06)


def test_a_fitted_device_reproduces_another_run_of_the_same(truth: DeviceModel, manifest: Manifest) -> None:
    found = fit_device([record(truth, 600, 8)], manifest, "found", "a test")
    overall, *levels = reproduce(found, [record(truth, 600, 9)], 20.0, seed=0)
    assert overall.level is None
    assert overall.frames == 18_000
    assert np.abs(overall.relative_errors).max() < 0.15
    assert overall.model_late == pytest.approx(overall.measured_late, abs=0.08)
    assert [one.level for one in levels] == [0, 1, 2, 3, 4]


def test_a_simulation_is_the_same_for_the_same_seed(truth: DeviceModel) -> None:
    held_out = [record(truth, 20, 10)]
    assert reproduce(truth, held_out, 20.0, seed=3) == reproduce(truth, held_out, 20.0, seed=3)
    assert reproduce(truth, held_out, 20.0, seed=3) != reproduce(truth, held_out, 20.0, seed=4)


def test_time_is_shared_by_visits_and_their_length(truth: DeviceModel) -> None:
    assert occupancy(truth) == pytest.approx((0.75, 0.25))
    alone = replace(truth, states=(LoadState("quiet", 5.0, (0.0,), spread(1.0, 2.0)),))
    assert occupancy(alone).tolist() == [1.0]


def test_blocks_alternate_and_hold_every_frame(truth: DeviceModel) -> None:
    trace = record(truth, 35, 11)
    fitted, held_out = split_blocks(trace)
    assert [round(block.frames[0].stamp_s) for block in fitted] == [0, 20]
    assert [round(block.frames[0].stamp_s) for block in held_out] == [10, 30]
    assert sum(len(block.frames) for block in (*fitted, *held_out)) == len(trace.frames)


def test_traces_that_cannot_be_fitted_to_are_refused(
    truth: DeviceModel, manifest: Manifest, tiny_bank: Path
) -> None:
    trace = record(truth, 10, 12)
    with pytest.raises(SourceError, match="have 19 frames to fit to, 20 are needed"):
        fit_device([Trace(trace.frames[:19])], manifest, "found", "a test")
    unknown = Trace(tuple(replace(one, landmarks_ms=float("nan")) for one in trace.frames))
    with pytest.raises(SourceError, match="have 0 frames"):
        fit_device([unknown], manifest, "found", "a test")
    beyond = Trace(tuple(replace(one, level=6) for one in trace.frames))
    with pytest.raises(ConfigurationError, match=r"show level 6, and the bank .* has 5 levels"):
        fit_device([beyond], manifest, "found", "a test")
    with pytest.raises(ConfigurationError, match="show level 6, the device 5"):
        reproduce(truth, [beyond], 33.0, 0)
    with pytest.raises(ModelError, match="no time of"):
        fit_device([trace], read_manifest(tiny_bank), "found", "a test")
