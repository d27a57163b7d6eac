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

"""Plots of a policy's evaluation."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hand_tracking_dsp.evaluation.report.plotting import (
    BLACK,
    BLUE,
    GREY,
    PURPLE,
    legend_above,
    new_figure,
    save,
    styled,
)
from hand_tracking_dsp.rl.benchmark.candidates import ORACLE, SHIPPED, TUNED, Candidate
from hand_tracking_dsp.rl.benchmark.evaluate import Benchmark
from hand_tracking_dsp.rl.benchmark.paired_tests import column
from hand_tracking_dsp.rl.benchmark.pareto_plot import COLORS
from hand_tracking_dsp.rl.benchmark.results import BenchmarkResults
from hand_tracking_dsp.rl.simulation.episode import STEP_S


@styled
def plot_gains(results: BenchmarkResults, path: Path) -> None:
    """Draw each episode's reward as a share of the oracle's, a box a policy."""
    best = column(results.scores[ORACLE], "gain")
    names = [name for name in results.scores if name != ORACLE]
    figure, (axes,) = new_figure(height_in=0.35 * len(names) + 1.5)
    shares = [100 * column(results.scores[name], "gain") / best for name in names]
    axes.boxplot(shares, orientation="horizontal", tick_labels=names, showfliers=False, whis=(5, 95))
    axes.axvline(100, color=COLORS[ORACLE], lw=1)
    axes.axvline(95, color=BLACK, lw=1, ls="--")
    axes.invert_yaxis()
    axes.set_xlabel("reward, % of the oracle's on the same mission\n(whiskers: 5th and 95th percentile)")
    save(figure, path)


@styled
def plot_episode(results: BenchmarkResults, seed: int, path: Path) -> None:
    """Draw one episode over time: what was hidden, and the levels that three policies chose."""
    benchmark = results.benchmark
    episode = benchmark.draw(seed)
    figure, (hidden, latency, *rows) = new_figure(5, height_in=9.5, ratios=[1.2, 1.6, 1, 1, 1])
    times = np.arange(episode.steps) * STEP_S
    hidden.step(times, episode.load_state, where="post", label="load state, 0 = least", color=PURPLE)
    hidden.step(times, episode.hands, where="post", label="hands in view", color=GREY, ls=":")
    hidden.plot(times, episode.drift_percent[-1] / 10, label="drift at the sparsest level", color=BLUE)
    hidden.set_ylabel("state, hands,\ndrift in 10 %")
    legend_above(hidden, 3)
    for row, name in zip(rows, (SHIPPED, TUNED, ORACLE), strict=True):
        levels, late = _played(benchmark, seed, results.candidates[name])
        row.step(times, levels, where="post", color=COLORS[name])
        row.plot(times[late > 0], levels[late > 0], ".", color=BLACK, ms=4)
        row.set_ylim(-0.3, episode.levels - 0.7)
        row.set_ylabel("level\n(0 = dense)")
        row.set_title(f"{name}: {late.sum():.0f} late frames (black: steps with one)")
        if name == SHIPPED:
            chosen = episode.latency_ms[levels.astype(int), np.arange(episode.steps)].max(axis=1)
            latency.plot(times, chosen / episode.budget_ms, color=COLORS[name], lw=1)
    latency.axhline(1, color=BLACK, ls="--", lw=1)
    latency.set_ylabel("slowest frame of\na step, budgets")
    rows[-1].set_xlabel("time, s")
    save(figure, path)


def _played(benchmark: Benchmark, seed: int, candidate: Candidate) -> tuple[np.ndarray, np.ndarray]:
    """Return level and number of late frames of every step, float64 [t] each."""
    simulation = benchmark.simulation(benchmark.draw(seed), candidate)
    outcomes = [outcome for _, outcome in simulation.run()]
    return np.array([float(one.level) for one in outcomes]), np.array([float(one.late) for one in outcomes])
