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

"""Tables of a study of hourglasses: exits, sizes, pruning, parts, frameworks, norms and joints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hand_tracking_dsp.compression.bank.timing import Times
from hand_tracking_dsp.compression.hourglass.measure import ExitSize
from hand_tracking_dsp.compression.hourglass.network import Exit
from hand_tracking_dsp.compression.hourglass.stacks import block_norms
from hand_tracking_dsp.compression.hourglass.study import (
    DISTILLED,
    LAST,
    ORIGINAL,
    PRUNED,
    PRUNED_LAST,
    SCRATCH,
    UNTRAINED,
    StudiedNetwork,
)
from hand_tracking_dsp.evaluation.pose_benchmark.benchmark import BENCHMARKS
from hand_tracking_dsp.evaluation.pose_benchmark.metrics import (
    joint_means_mm,
    mean_joint_error_mm,
    share_of_frames_within,
)
from hand_tracking_dsp.evaluation.statistics import Array
from hand_tracking_dsp.hand import Joint

SAID = {
    ORIGINAL: "two stacks",
    LAST: "two stacks, last exit supervised",
    UNTRAINED: "pruned, not retrained",
    PRUNED: "pruned, retrained",
    PRUNED_LAST: "pruned, retrained, last exit supervised",
    SCRATCH: "one stack from scratch",
    DISTILLED: "one stack, distilled",
}
"""Names for people of what is compared with the pruned network, in their order."""

_NEAR_MM, _FAR_MM = 20, 40


@dataclass(frozen=True, slots=True)
class StudyTable:
    """A table of the study.

    Attributes:
        title: Line above it.
        headings: Headings of the columns; the first is of words.
        rows: Cells of each row.
    """

    title: str
    headings: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class StudyFigures:
    """All that a study found.

    Attributes:
        studied: The networks.
        sizes: Size and time of the exits of each, by its name.
        parts: Times of the parts of a hand's way.
        frameworks: Times of the last exit of the original by framework, PyTorch first.
    """

    studied: Sequence[StudiedNetwork]
    sizes: Mapping[str, Sequence[ExitSize]]
    parts: Mapping[str, Times]
    frameworks: Mapping[str, Times]

    def network(self, name: str) -> StudiedNetwork:
        """Return a network by its name."""
        return next(one for one in self.studied if one.name == name)

    @property
    def compared(self) -> list[StudiedNetwork]:
        """The networks of SAID."""
        return [self.network(name) for name in SAID]

    @property
    def deepest(self) -> StudiedNetwork:
        """The network of the most stacks, and of those the largest."""
        return max(self.studied, key=lambda one: (one.stacks, one.parameters))

    def tables(self) -> list[StudyTable]:
        """Return all tables."""
        return [
            self._exits(),
            self._features(),
            self._pruned(),
            parts_table(self.parts),
            frameworks_table(self.frameworks),
            self._norms(),
            self._joints(),
        ]

    def _exits(self) -> StudyTable:
        original = self.network(ORIGINAL)
        sizes = self.sizes[ORIGINAL]
        last = sizes[-1].times.p50_ms
        rows = [
            (
                str(size.exit),
                *_errors(original.errors[size.exit]),
                f"{size.parameters:,}",
                f"{size.macs / 1e6:.1f}",
                f"{size.times.p50_ms:.2f}",
                f"{size.times.p50_ms / last:.2f}",
            )
            for size in sizes
        ]
        headings = ("exit", *_ERRORS, "parameters", "million macs", "ms", "of the last")
        return StudyTable("Exits of the network of two stacks (table 1)", headings, rows)

    def _features(self) -> StudyTable:
        networks = [one for one in self.studied if one.name == ORIGINAL or one.name not in SAID]
        rows = [
            (
                str(one.features),
                str(one.stacks),
                *_errors(one.errors[one.last]),
                f"{one.parameters:,}",
                f"{self.sizes[one.name][-1].times.p50_ms:.2f}",
            )
            for one in sorted(networks, key=lambda one: (one.features, one.stacks))
        ]
        headings = ("features", "stacks", *_ERRORS, "parameters", "ms")
        return StudyTable("Features against stacks, last exits (table 2)", headings, rows)

    def _pruned(self) -> StudyTable:
        original = self.network(ORIGINAL)
        whole = mean_joint_error_mm(original.errors[original.last])
        rows = [
            (
                SAID[one.name],
                f"{100 * one.parameters / original.parameters:.0f} %",
                *_errors(one.errors[one.last]),
                f"{100 * (mean_joint_error_mm(one.errors[one.last]) / whole - 1):+.1f} %",
                f"{mean_joint_error_mm(one.errors[Exit(one.stacks, 1)]):.1f}",
                f"{self.sizes[one.name][-1].times.p50_ms:.2f}",
            )
            for one in self.compared
        ]
        headings = ("network", "parameters", *_ERRORS, "of two stacks", "its L1, mm", "ms")
        title = "Pruned, retrained, from scratch and distilled, last exits (table 3)"
        return StudyTable(title, headings, rows)

    def _norms(self) -> StudyTable:
        norms = block_norms(self.deepest.network)
        rows = [(name, *(f"{blocks[name]:.0f}" for blocks in norms)) for name in norms[0]]
        rows.append(("all", *(f"{sum(blocks.values()):.0f}" for blocks in norms)))
        headings = ("block", *(f"stack {number}" for number in range(1, len(norms) + 1)))
        return StudyTable(f"L1 norms of the blocks, {network_title(self.deepest)} (figure 3)", headings, rows)

    def _joints(self) -> StudyTable:
        means = [joint_means_mm(one.errors[one.last]) for one in self.compared]
        names = joint_names(self.network(ORIGINAL))
        rows = [(name, *(f"{mean[i]:.1f}" for mean in means)) for i, name in enumerate(names)]
        headings = ("joint", *(SAID[one.name] for one in self.compared))
        return StudyTable("Mean error of each joint, last exits, mm", headings, rows)

    def value(self) -> dict[str, Any]:
        """Return all figures for JSON."""
        return {
            "joints": joint_names(self.network(ORIGINAL)),
            "networks": [self._network(one) for one in self.studied],
            "norms": {one.name: block_norms(one.network) for one in self.studied},
            "parts_ms": {name: time.p50_ms for name, time in self.parts.items()},
            "frameworks_ms": {name: time.p50_ms for name, time in self.frameworks.items()},
        }

    def _network(self, one: StudiedNetwork) -> dict[str, Any]:
        return {
            "name": one.name,
            "features": one.features,
            "stacks": one.stacks,
            "parameters": one.parameters,
            "curve": one.curve,
            "exits": {
                str(size.exit): {
                    "error_mm": mean_joint_error_mm(one.errors[size.exit]),
                    "joint_means_mm": joint_means_mm(one.errors[size.exit]).tolist(),
                    "share_of_frames_within": share_of_frames_within(one.errors[size.exit]).tolist(),
                    "parameters": size.parameters,
                    "macs": size.macs,
                    "p50_ms": size.times.p50_ms,
                }
                for size in self.sizes[one.name]
            },
        }


_ERRORS = ("error, mm", f"% within {_NEAR_MM} mm", f"% within {_FAR_MM} mm")
_TIMES = ("ms, median", "ms, 95th percentile")


def _errors(errors: Array) -> tuple[str, ...]:
    """Show the mean error, and the shares of frames with all joints within two thresholds."""
    shares = share_of_frames_within(errors, (_NEAR_MM, _FAR_MM))
    return f"{mean_joint_error_mm(errors):.1f}", *(f"{100 * share:.0f}" for share in shares)


def parts_table(parts: Mapping[str, Times]) -> StudyTable:
    """Show the parts of a hand's way, of measure.measure_parts."""
    whole = sum(time.p50_ms for time in parts.values())
    rows = [
        (name, f"{time.p50_ms:.3f}", f"{time.p95_ms:.3f}", f"{100 * time.p50_ms / whole:.0f} %")
        for name, time in parts.items()
    ]
    rows.append(("together", f"{whole:.3f}", "", ""))
    return StudyTable("Parts of a hand's way (table 5)", ("part", *_TIMES, "share"), rows)


def frameworks_table(frameworks: Mapping[str, Times]) -> StudyTable:
    """Show the times of one exit by framework, of measure.measure_frameworks."""
    first = next(iter(frameworks.values())).p50_ms
    rows = [
        (name, f"{time.p50_ms:.2f}", f"{time.p95_ms:.2f}", f"{time.p50_ms / first:.2f}")
        for name, time in frameworks.items()
    ]
    return StudyTable("Frameworks, one thread (table 6)", ("framework", *_TIMES, "of PyTorch's"), rows)


def network_title(one: StudiedNetwork) -> str:
    """Return the size of a network for people."""
    return f"{one.features} features, {one.stacks} stack{'s' if one.stacks > 1 else ''}"


def joint_names(one: StudiedNetwork) -> list[str]:
    """Return the names of the joints that a network finds."""
    skeleton = one.network.options.skeleton
    if skeleton is not None:
        return list(BENCHMARKS[skeleton].joints)
    return [joint.name.lower().replace("_", " ") for joint in Joint]
