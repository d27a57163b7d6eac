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

"""Pruned networks of all methods, each as fast as asked; made once and kept in the work folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple

import onnx

from hand_tracking_dsp.compression.bank.files import read_level
from hand_tracking_dsp.compression.baselines.depgraph import is_installed, prune_by_depgraph
from hand_tracking_dsp.compression.baselines.fit import fit_latency
from hand_tracking_dsp.compression.blocks import read_blocks
from hand_tracking_dsp.compression.data.crops import Crops
from hand_tracking_dsp.compression.distillation.distill import Progress
from hand_tracking_dsp.compression.onnx_graph import parse_model
from hand_tracking_dsp.compression.pruning.allocation import allocate
from hand_tracking_dsp.compression.pruning.criteria import CRITERIA
from hand_tracking_dsp.compression.pruning.levels import LevelMaker
from hand_tracking_dsp.compression.pruning.prune import cut, prune
from hand_tracking_dsp.compression.pruning.widths import uniform_shares
from hand_tracking_dsp.documents import read_bytes
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.files import write_bytes
from hand_tracking_dsp.tracking.composition.onnx_changes import serialized
from hand_tracking_dsp.tracking.manifest import read_manifest

# Share of the latency that removing all removable channels saves; the rest is lost to rounding.
_MOST_SAVED = 0.98
_FIRST = "l1"
"""Criterion that finds the widths; the other uniform ones keep them."""


class Method(NamedTuple):
    """A way to prune: its label in tables, its family, and what its untrained network is called in files."""

    label: str
    family: str
    start: str


METHODS = {
    "l1": Method("L1 norm, uniform", "baseline", "l1{mark}_start"),
    "magnitude": Method("magnitude, uniform", "baseline", "magnitude{mark}_start"),
    "random": Method("random channels, uniform", "baseline", "random{mark}_start"),
    "depgraph": Method("Torch-Pruning, DepGraph", "baseline", "depgraph{mark}_start"),
    "ours": Method("ours, distilled", "ours", "closed_form{mark}"),
}
"""Ways to prune, by the names of their trained networks. The uniform ones keep the same share of every block,
by their criterion in compression.pruning.criteria."""


@dataclass(slots=True)
class BaselinePruner:
    """Prunes the dense network by every method, or reads what an earlier call has kept.

    Attributes:
        bank: Folder of the bank whose level 0 is the dense network that all are pruned from.
        crops: Crops that closed-form pruning calibrates with.
        work: Work folder of the comparison.
        seed: Seed of the random channels, the split of crops and sampled positions.
        dense: Dense network.
    """

    bank: Path
    crops: Crops
    work: Path
    seed: int = 0
    report: Progress = field(default=lambda *_: None)
    dense: onnx.ModelProto = field(init=False)
    _maker: LevelMaker | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        """Read the dense network, and keep it with the others: it labels what they are trained on."""
        dense = read_level(read_manifest(self.bank))[1]
        self.dense = self._kept("dense", lambda: dense)

    def prune_all(self, ratio: float) -> None:
        """Prune to a latency relative to the dense network in ONNX Runtime, one thread, fp32.

        Raises:
            ConfigurationError: No pruning is fast enough on this machine, or there are too few pictures.
            OutputError: The work folder cannot be written.
        """
        for method, how in METHODS.items():
            if method != "depgraph" or is_installed():
                self._kept(how.start.format(mark=mark(ratio)), partial(self._make, method, ratio))

    def _make(self, method: str, ratio: float) -> onnx.ModelProto:
        self.report(f"pruning by {method} to {ratio:g}", 0, 0, "")
        if method == "depgraph":
            return fit_latency(partial(prune_by_depgraph, self.dense), self.dense, ratio)[1]
        return self._closed_form(ratio) if method == "ours" else self._uniform(method, ratio)

    def _uniform(self, criterion: str, ratio: float) -> onnx.ModelProto:
        """Keep the same share of every block; all criteria keep the widths found with the first one."""
        scores = CRITERIA[criterion](self.dense, self.crops, self.seed)
        blocks = read_blocks(self.dense)
        if criterion != _FIRST:
            name = METHODS[_FIRST].start.format(mark=mark(ratio))
            found = read_blocks(self._kept(name, partial(self._make, _FIRST, ratio)))
            known = {block.name: block.channels for block in found}
            return cut(self.dense, {one.name: known[one.name] / one.channels for one in blocks}, scores)

        def make(share: float) -> onnx.ModelProto:
            return cut(self.dense, uniform_shares(blocks, share), scores)

        return fit_latency(make, self.dense, ratio)[1]

    def _closed_form(self, ratio: float) -> onnx.ModelProto:
        """Allocate widths under a predicted latency such that the measured one is the ratio."""
        if self._maker is None:
            report = lambda what: self.report(what, 0, 0, "")  # noqa: E731
            self._maker = LevelMaker(
                read_manifest(self.bank), self.crops, precision="fp32", seed=self.seed, on_progress=report
            )
        maker, scores = self._maker, CRITERIA["l1"](self.dense, self.crops, self.seed)
        table = maker.latency
        saved_ms = sum(table.saved_ms(name, min(widths)) for name, widths in table.blocks.items())

        def keep_of(size: float) -> Mapping[str, float]:
            # Where other programs ran meanwhile, predictions are biased, but still in the right order.
            target_ms = table.whole_ms - _MOST_SAVED * saved_ms * (1 - size)
            return allocate(maker.sensitivity, table, target_ms / table.reference_ms).keep

        size, _ = fit_latency(lambda size: cut(self.dense, keep_of(size), scores), self.dense, ratio)
        self.report(f"pruning in closed form to {ratio:g}", 0, 0, "")
        return prune(self.dense, maker.targets, keep_of(size))

    def _kept(self, name: str, make: Callable[[], onnx.ModelProto]) -> onnx.ModelProto:
        """Read a network kept by an earlier call, or make it."""
        path = network_path(self.work, name)
        if not path.exists():
            write_bytes(path, serialized(make()))
        return read_network_of(self.work, name)


def read_starts(work: Path, ratios: Iterable[float]) -> dict[str, onnx.ModelProto]:
    """Read the pruned networks that are to be trained, by the names of the trained ones.

    Those of Torch-Pruning are left out where it was not installed when the others were made.

    Raises:
        ConfigurationError: The work folder lacks one.
        ModelError: A file is damaged.
    """
    found = {}
    for ratio in ratios:
        for method, how in METHODS.items():
            start = how.start.format(mark=mark(ratio))
            if method != "depgraph" or network_path(work, start).exists():
                found[f"{method}{mark(ratio)}"] = read_network_of(work, start)
    return found


def read_network_of(work: Path, name: str) -> onnx.ModelProto:
    """Read a network that pruning has kept in the work folder.

    Raises:
        ConfigurationError: It is not there.
        ModelError: The file is damaged.
    """
    path = network_path(work, name)
    if not path.exists():
        msg = f"The work folder {work} lacks {path.name}: run the stage prune for these ratios first."
        raise ConfigurationError(msg)
    return parse_model(read_bytes(path), path.name)


def network_path(work: Path, name: str) -> Path:
    """Return the place of a pruned network in the work folder."""
    return work / "networks" / f"{name}.onnx"


def mark(ratio: float) -> str:
    """Return the end of the names of networks of a ratio."""
    return f"_{round(1000 * ratio):03}"
