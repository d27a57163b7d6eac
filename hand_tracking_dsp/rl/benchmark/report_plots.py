"""Pictures of a policy's evaluation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import ScalarFormatter

from hand_tracking_dsp.evaluation.plots import save
from hand_tracking_dsp.rl.benchmark.candidates import Candidate
from hand_tracking_dsp.rl.benchmark.evaluate import Benchmark
from hand_tracking_dsp.rl.benchmark.paired_tests import column
from hand_tracking_dsp.rl.benchmark.results import AT_ERROR, ORACLE, SHIPPED, TUNED, BenchmarkResults
from hand_tracking_dsp.rl.simulation.episode import STEP_S

_COLORS = {SHIPPED: "#d95f02", TUNED: "#1f77b4", AT_ERROR: "#6baed6", ORACLE: "#2ca02c"}
_NOTE = "simulated missions; error by drift from the dense level (agreement, not accuracy); x: training seeds"


# The others lie too close together for a name at each.
_NAMED = ("fixed", "PI", "without")


def plot_trade(results: BenchmarkResults, path: Path) -> None:
    """Draw late frames and energy against error, each policy a point, with its mean over the episodes."""
    figure = Figure(figsize=(10, 5), layout="constrained")
    left, right = figure.subplots(1, 2)
    for name, scores in results.scores.items():
        error = float(np.nanmean(column(scores, "error")))
        late, energy = 100 * column(scores, "miss_share").mean(), column(scores, "energy_j").mean()
        seed = name in results.seeds
        color = "#fdae6b" if seed else _COLORS.get(name, "#555555")
        label = name if name in _COLORS else None
        for axes, value in ((left, late), (right, energy)):
            axes.plot(error, value, color=color, marker="x" if seed else "o", ls="none", label=label)
            if name.startswith(_NAMED):
                axes.annotate(f" {name.replace('fixed ', '')}", (error, value), fontsize="x-small")
    left.set_yscale("log")
    for axis in (left.yaxis.set_major_formatter, left.yaxis.set_minor_formatter):
        axis(ScalarFormatter())
    left.set_ylabel("late frames, %")
    right.set_ylabel("energy of the tracker, J a mission (simulated)")
    for axes in (left, right):
        axes.set_xlabel("error: 1 - Accuracy")
        axes.set_xlim(left=0)
    left.legend(fontsize="x-small")
    figure.suptitle(f"{len(results.episodes)} {_NOTE}", fontsize="small")
    save(figure, (left, right), path)


def plot_gains(results: BenchmarkResults, path: Path) -> None:
    """Draw each episode's reward as a share of the oracle's, a box a policy."""
    best = column(results.scores[ORACLE], "gain")
    names = [name for name in results.scores if name != ORACLE]
    figure = Figure(figsize=(10, 0.35 * len(names) + 1.5), layout="constrained")
    axes = figure.subplots()
    shares = [100 * column(results.scores[name], "gain") / best for name in names]
    axes.boxplot(shares, orientation="horizontal", tick_labels=names, showfliers=False, whis=(5, 95))
    axes.axvline(100, color=_COLORS[ORACLE], lw=1)
    axes.axvline(95, color="black", lw=1, ls="--")
    axes.invert_yaxis()
    axes.tick_params(axis="y", labelsize="small")
    axes.set_xlabel("reward, % of the oracle's on the same mission (whiskers: 5th and 95th percentile)")
    save(figure, (axes,), path)


def plot_episode(results: BenchmarkResults, seed: int, path: Path) -> None:
    """Draw one episode over time: what was hidden, and the levels that three policies chose."""
    benchmark = results.benchmark
    episode = benchmark.draw(seed)
    figure = Figure(figsize=(10, 7.5), layout="constrained")
    hidden, latency, *rows = figure.subplots(5, 1, sharex=True, height_ratios=[1.2, 1.6, 1, 1, 1])
    times = np.arange(episode.steps) * STEP_S
    hidden.step(times, episode.load_state, where="post", label="load state (hidden)", color="#7570b3")
    hidden.step(times, episode.hands, where="post", label="hands in view", color="#555555", ls=":")
    hidden.plot(
        times, episode.drift_percent[-1] / 10, label="drift at the sparsest level / 10 %", color="#e7298a"
    )
    hidden.legend(fontsize="x-small", ncols=3, loc="lower left", bbox_to_anchor=(0, 1), frameon=False)
    for row, name in zip(rows, (SHIPPED, TUNED, ORACLE), strict=True):
        levels, late = _played(benchmark, seed, results.candidates[name])
        row.step(times, levels, where="post", color=_COLORS[name])
        row.plot(times[late > 0], levels[late > 0], ".", color="black", ms=4)
        row.set_ylim(-0.3, episode.levels - 0.7)
        row.set_ylabel("level")
        row.set_title(f"{name}: {late.sum():.0f} late frames (black: steps with one)", fontsize="small")
        if name == SHIPPED:
            chosen = episode.latency_ms[levels.astype(int), np.arange(episode.steps)].max(axis=1)
            latency.plot(times, chosen / episode.budget_ms, color=_COLORS[name], lw=1)
    latency.axhline(1, color="black", ls="--", lw=1)
    latency.set_ylabel("slowest frame of a\nstep, budgets")
    rows[-1].set_xlabel("time, s")
    all_axes: tuple[Axes, ...] = (hidden, latency, *rows)
    save(figure, all_axes, path)


def _played(benchmark: Benchmark, seed: int, candidate: Candidate) -> tuple[np.ndarray, np.ndarray]:
    """Return level and number of late frames of every step, float64 [t] each."""
    simulation = benchmark.simulation(benchmark.draw(seed), candidate)
    outcomes = [outcome for _, outcome in simulation.run()]
    return np.array([float(one.level) for one in outcomes]), np.array([float(one.late) for one in outcomes])
