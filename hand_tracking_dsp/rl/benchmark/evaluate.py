"""Playing missions with policies, in parallel processes, and what came of each mission."""

from __future__ import annotations

import math
import multiprocessing
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np

from hand_tracking_dsp.control.controller import Decision
from hand_tracking_dsp.control.reasons import Reason
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.rl.benchmark.candidates import Contestant
from hand_tracking_dsp.rl.simulation.device import DeviceModel
from hand_tracking_dsp.rl.simulation.episode import HELD_OUT, STEP_S, Mission, MissionOptions, draw_mission
from hand_tracking_dsp.rl.simulation.reward import Weights, accuracy
from hand_tracking_dsp.rl.simulation.simulation import Simulation
from hand_tracking_dsp.tracking.manifest import Manifest

_MINUTE = round(60.0 / STEP_S)


@dataclass(frozen=True, slots=True)
class Score:
    """What came of one mission.

    Attributes:
        gain: Mean reward of a step.
        miss_share: Share of frames over the budget, 0 to 1.
        drift_percent: Mean drift while hands were in view, % of palm size; NaN: they never were.
        error: Mean of 1 - reward.accuracy while hands were in view, 0 to 1; NaN: they never were.
        energy_j: What the tracker took, joules (simulated).
        level: Mean level.
        switches: Changes of level.
        switches_per_min: Most changes of level in any 60 seconds.
        breaches: Decisions at which the shield wanted a sparser level and did not get it; the dwell time
            towards sparser is no longer than a step.
    """

    gain: float
    miss_share: float
    drift_percent: float
    error: float
    energy_j: float
    level: float
    switches: int
    switches_per_min: int
    breaches: int


@dataclass(frozen=True, slots=True)
class Arena:
    """Where policies meet: the same for all.

    Attributes:
        device: What missions take place on.
        bank: The bank that policies choose from.
        weights: Of the reward.
        missions: What missions are drawn from.
    """

    device: DeviceModel
    bank: Manifest
    weights: Weights
    missions: MissionOptions = HELD_OUT

    def __post_init__(self) -> None:
        """Raises ConfigurationError where device and bank have different numbers of levels."""
        require_same_levels(self.device, self.bank)

    @property
    def sparsities(self) -> tuple[float, ...]:
        """Return the sparsity of each level, 0 to 1."""
        return tuple(level.sparsity for level in self.bank.levels)


def play(arena: Arena, mission: Mission, contestant: Contestant) -> Score:
    """Play one mission."""
    policy = contestant.policy(mission, arena.weights, arena.bank)
    simulation = Simulation(mission, policy, contestant.options, arena.weights, arena.sparsities)
    gains, levels, drifts, switched = [], [], [], []
    late = frames = breaches = 0
    energy_j = 0.0
    while not simulation.done:
        decision, moment = simulation.advance()
        gains.append(moment.reward)
        levels.append(moment.level)
        drifts.append(moment.drift_percent)
        switched.append(decision.level != decision.level_before)
        late += moment.late
        frames += moment.frames
        energy_j += moment.tracker_j
        breaches += _breached(decision)
    seen = np.array(drifts)[np.isfinite(drifts)]
    in_minute = np.convolve(switched, np.ones(_MINUTE), "full").max()
    return Score(
        gain=float(np.mean(gains)),
        miss_share=late / frames,
        drift_percent=float(seen.mean()) if len(seen) else math.nan,
        error=float(np.mean(1.0 - accuracy(seen))) if len(seen) else math.nan,
        energy_j=energy_j,
        level=float(np.mean(levels)),
        switches=sum(switched),
        switches_per_min=int(in_minute),
        breaches=breaches,
    )


def evaluate(
    arena: Arena,
    contestants: Sequence[Contestant],
    seeds: Sequence[int],
    workers: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
) -> dict[str, list[Score]]:
    """Play missions with every contestant.

    Args:
        arena: Where.
        contestants: Who, by unique names.
        seeds: Of the missions, the same for all.
        workers: Processes; 0: one for each core, 1: none but this one.
        on_progress: Called with the missions done and to do.

    Returns:
        The scores of each contestant by name, in the order of the seeds.
    """
    report = on_progress or (lambda _done, _all: None)
    names = [contestant.name for contestant in contestants]
    play_all = partial(_play_all, arena, list(contestants))

    def gather(rounds: Iterable[list[Score]]) -> dict[str, list[Score]]:
        scores: dict[str, list[Score]] = {name: [] for name in names}
        for done, found in enumerate(rounds, start=1):
            for name, score in zip(names, found, strict=True):
                scores[name].append(score)
            report(done, len(seeds))
        return scores

    if workers == 1:
        return gather(map(play_all, seeds))
    # Not fork: ONNX Runtime's threads do not survive it.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers or None, context) as pool:
        return gather(pool.map(play_all, seeds))


def require_same_levels(device: DeviceModel, bank: Manifest) -> None:
    """Check that a device was made for a bank of as many levels.

    Raises:
        ConfigurationError: It was not.
    """
    if device.levels != len(bank.levels):
        msg = (
            f"The device {device.name} has {device.levels} levels, the bank {bank.name} {len(bank.levels)}: "
            f"fit a device with traces of this bank (policy record-trace, policy fit-device) and give it by "
            f"--device."
        )
        raise ConfigurationError(msg)


def _play_all(arena: Arena, contestants: list[Contestant], seed: int) -> list[Score]:
    mission = draw_mission(arena.device, seed, arena.missions)
    return [play(arena, mission, contestant) for contestant in contestants]


def _breached(decision: Decision) -> bool:
    verdict = decision.verdict
    return verdict.reason not in (Reason.POLICY, Reason.OPERATOR) and verdict.level > decision.level
