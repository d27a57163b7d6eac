"""Playing episodes with policies, in parallel processes, and what came of each episode."""

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
from hand_tracking_dsp.rl.benchmark.candidates import Candidate
from hand_tracking_dsp.rl.simulation.device import DeviceModel
from hand_tracking_dsp.rl.simulation.episode import HELD_OUT, STEP_S, Episode, EpisodeOptions, draw_episode
from hand_tracking_dsp.rl.simulation.reward import Weights, accuracy
from hand_tracking_dsp.rl.simulation.simulation import Simulation
from hand_tracking_dsp.tracking.manifest import Manifest

_MINUTE = round(60.0 / STEP_S)


@dataclass(frozen=True, slots=True)
class EpisodeScore:
    """What came of one episode.

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
class Benchmark:
    """Where policies meet: the same for all.

    Attributes:
        device: What episodes take place on.
        bank: The bank that policies choose from.
        weights: Of the reward.
        episodes: What episodes are drawn from.
    """

    device: DeviceModel
    bank: Manifest
    weights: Weights
    episodes: EpisodeOptions = HELD_OUT

    def __post_init__(self) -> None:
        """Raises ConfigurationError where device and bank have different numbers of levels."""
        require_same_levels(self.device, self.bank)

    @property
    def sparsities(self) -> tuple[float, ...]:
        """Return the sparsity of each level, 0 to 1."""
        return tuple(level.sparsity for level in self.bank.levels)


def play(benchmark: Benchmark, episode: Episode, candidate: Candidate) -> EpisodeScore:
    """Play one episode."""
    policy = candidate.policy(episode, benchmark.weights, benchmark.bank)
    simulation = Simulation(episode, policy, candidate.options, benchmark.weights, benchmark.sparsities)
    gains, levels, drifts, switched = [], [], [], []
    late = frames = breaches = 0
    energy_j = 0.0
    while not simulation.done:
        decision, outcome = simulation.advance()
        gains.append(outcome.reward)
        levels.append(outcome.level)
        drifts.append(outcome.drift_percent)
        switched.append(decision.level != decision.level_before)
        late += outcome.late
        frames += outcome.frames
        energy_j += outcome.tracker_j
        breaches += _breached(decision)
    seen = np.array(drifts)[np.isfinite(drifts)]
    in_minute = np.convolve(switched, np.ones(_MINUTE), "full").max()
    return EpisodeScore(
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
    benchmark: Benchmark,
    candidates: Sequence[Candidate],
    seeds: Sequence[int],
    workers: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
) -> dict[str, list[EpisodeScore]]:
    """Play episodes with every candidate.

    Args:
        benchmark: Where.
        candidates: Who, by unique names.
        seeds: Of the episodes, the same for all.
        workers: Processes; 0: one for each core, 1: none but this one.
        on_progress: Called with the episodes done and to do.

    Returns:
        The scores of each candidate by name, in the order of the seeds.
    """
    report = on_progress or (lambda _done, _all: None)
    names = [candidate.name for candidate in candidates]
    play_all = partial(_play_all, benchmark, list(candidates))

    def gather(rounds: Iterable[list[EpisodeScore]]) -> dict[str, list[EpisodeScore]]:
        scores: dict[str, list[EpisodeScore]] = {name: [] for name in names}
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


def _play_all(benchmark: Benchmark, candidates: list[Candidate], seed: int) -> list[EpisodeScore]:
    episode = draw_episode(benchmark.device, seed, benchmark.episodes)
    return [play(benchmark, episode, candidate) for candidate in candidates]


def _breached(decision: Decision) -> bool:
    verdict = decision.verdict
    return verdict.reason not in (Reason.POLICY, Reason.OPERATOR) and verdict.level > decision.level
