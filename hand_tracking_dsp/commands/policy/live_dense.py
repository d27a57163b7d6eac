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

"""The dense level on the images of a run, after it: drawn again, or kept while it lasts."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.factory import DRAWN_SOURCES, open_source
from hand_tracking_dsp.commands.live import LiveView
from hand_tracking_dsp.commands.policy.live_run import CAMERA, DEFAULTS, TRACKER, LiveCase
from hand_tracking_dsp.commands.up import node_parameters
from hand_tracking_dsp.evaluation.live_comparison import LiveRun
from hand_tracking_dsp.evaluation.usable import (
    DenseHands,
    DrawnFrames,
    compare_with_dense,
    hands_in_pictures,
)
from hand_tracking_dsp.evaluation.video import FrameSpool
from hand_tracking_dsp.nodes.graph.parameter_files import parse_value
from hand_tracking_dsp.nodes.graph.processes import Value
from hand_tracking_dsp.options import make_options
from hand_tracking_dsp.resources import named_bank
from hand_tracking_dsp.tracking.backends import RuntimeOptions
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.palm import PalmDetector
from hand_tracking_dsp.tracking.tracker import HandTracker
from hand_tracking_dsp.tracking.tracker_options import ALL_MEASURED, TrackerOptions
from hand_tracking_dsp.tracking.types import Image

OnImage = Callable[[int, Image], None]
"""Function called with stamp (nanoseconds) and BGR pixels."""

USABLE_IS = (
    "share of the hands of the dense level, which sees every image of the run afterwards, that were "
    "published in time and within 10 % of palm size of its landmarks: agreement with it, not accuracy"
)


class DenseComparison:
    """Compares runs with the dense level, which runs only while no graph does.

    Args:
        options: Options of policy live.
        view: Place for progress.
    """

    def __init__(self, options: argparse.Namespace, view: LiveView) -> None:
        self._given = node_parameters([*DEFAULTS, *options.parameters])
        self._options = options
        self._view = view
        self._networks: tuple[LevelBank, PalmDetector] | None = None
        self._drawn: dict[int, DrawnFrames] = {}

    @property
    def draws(self) -> bool:
        """Return whether the images can be drawn again, so that none is kept."""
        return self._options.source in DRAWN_SOURCES

    @contextmanager
    def keeping(self) -> Iterator[FrameSpool | None]:
        """Give a place for the images of a run; None where they are drawn again, or not compared."""
        if self.draws or not self._options.usable:
            yield None
            return
        with FrameSpool(self._options.out) as spool:
            yield spool

    def compare(self, run: LiveRun, case: LiveCase, spool: FrameSpool | None) -> LiveRun:
        """Return a run with the comparison of its hands; spool is what keeping() gave for it.

        Raises:
            HandTrackingError: Source or bank cannot be used.
        """
        if not self._options.usable:
            return run
        hands: DenseHands
        if spool is None:
            hands = self._frames(case.hands).hands(run.recording)
        else:
            hands = hands_in_pictures(self._dense_tracker(), spool.frames())
        return replace(run, usable=compare_with_dense(run.recording, hands, case.budget_ms))

    def _frames(self, hands: int) -> DrawnFrames:
        """Return the drawn images with so many hands; each number of hands is drawn but once for all runs."""
        if hands not in self._drawn:
            camera = make_options(SourceOptions, {**self._values(CAMERA), "hands": hands})
            source = open_source(self._options.source, camera)
            self._drawn[hands] = DrawnFrames(source, self._dense_tracker(), self._show)
        return self._drawn[hands]

    def _dense_tracker(self) -> HandTracker:
        """Return a new tracker with the networks of the graph, which measures every hand on every image."""
        values = self._values(TRACKER)
        if self._networks is None:
            runtime = make_options(RuntimeOptions, values)
            folder = named_bank(str(values.get("bank", "")))
            detector = PalmDetector.load(folder, str(values.get("detector", "")), runtime)
            self._networks = LevelBank.load(folder, runtime), detector
        return HandTracker(*self._networks, TrackerOptions.of({**values, **ALL_MEASURED}))

    def _values(self, node: str) -> Mapping[str, Any]:
        texts = self._given.get(node, {})
        values: dict[str, Value] = {name: parse_value(node, name, text) for name, text in texts.items()}
        return values

    def _show(self, count: int) -> None:
        self._view.update([("dense level afterwards", f"{count} images")], f"dense level, {count} images")
