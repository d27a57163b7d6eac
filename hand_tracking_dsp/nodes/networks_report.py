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

"""Sentences and values on the networks that the tracker's node runs, for its log and /diagnostics."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.nodes.base.report import Report
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.depth_view import DepthView
from hand_tracking_dsp.tracking.drift import DriftMonitor
from hand_tracking_dsp.tracking.palm import PalmDetector
from hand_tracking_dsp.tracking.precision import Choice, disorder
from hand_tracking_dsp.tracking.types import ChannelOrder, Drift, FrameResult
from hand_tracking_dsp.tracking.types import Image as Pixels


def choices_made(detector: PalmDetector, bank: LevelBank) -> tuple[list[str], list[str]]:
    """Return sentences on what was chosen for each network, and on what did not work as wanted."""
    palms = [one.choice for one in (detector, detector.near) if one is not None]
    choices: list[Choice[Any]] = [*palms, *bank.choices]
    chosen = [f"{choice}." for choice in choices]
    chosen.append(f"{len(bank.levels)} levels are ready on {bank.provider}.")
    problems = [problem for choice in choices for problem in choice.problems]
    return chosen, list(dict.fromkeys([*problems, *disorder(bank.choices)]))


def report_networks(report: Report, detector: PalmDetector, bank: LevelBank, level: int) -> None:
    """Add what runs at a level of the bank."""
    choice = bank.choices[level]
    report.hardware = choice.provider
    report.values["precision"] = choice.precision
    if choice.nodes:
        report.values["nodes"] = choice.nodes
    report.warnings += [*bank.warnings, *detector.warnings]
    palms = detector.choice
    report.values["detector"] = f"{palms.info.name} in {palms.precision} on {palms.provider}"


def report_drift(report: Report, monitor: DriftMonitor | None) -> None:
    """Add the last drift that was known, and how it was found; nothing before that."""
    if monitor is None or math.isnan(monitor.latest.drift):
        return
    report.values["drift_percent"] = monitor.latest.drift
    report.values["drift"] = "estimated by the level" if monitor.latest.estimated else "measured"


def drift_of(
    monitor: DriftMonitor | None,
    warn: Callable[[str, Exception], object],
    pixels: Pixels,
    order: ChannelOrder,
    result: FrameResult,
    ms: float,
    depth: DepthView | None,
) -> Drift:
    """Find the drift of a frame that took so long; the hands are out, so failing loses nothing."""
    if monitor is None:
        return Drift()
    try:
        return monitor.drift(pixels, order, result, ms, depth)
    except Exception as error:  # noqa: BLE001 (the frame's stats must get out)
        warn("Measuring the drift", error)
        return Drift()


def require_depth(bank: LevelBank, mode: str) -> None:
    """Refuse a bank that sees depth where hands are found in images.

    Raises:
        ConfigurationError: It is so in this mode, a value of depth.mode.
    """
    if bank.sees_depth and mode != "depth_only":
        msg = (
            f"The levels of the bank see depth, but depth.mode is {mode}: set depth.mode to depth_only, or "
            f"choose a bank whose levels see images."
        )
        raise ConfigurationError(msg)
