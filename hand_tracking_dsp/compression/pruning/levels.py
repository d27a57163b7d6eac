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

"""A bank with pruned levels made of another bank: one for each specification."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from hand_tracking_dsp.compression.bank.entries import new_level, numbered
from hand_tracking_dsp.compression.bank.files import read_float_network, read_level, read_model, write_bank
from hand_tracking_dsp.compression.bank.held_back import HeldBackCrops
from hand_tracking_dsp.compression.bank.model_size import sizes
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.data.crops import Crops, split
from hand_tracking_dsp.compression.pruning.allocation import allocate
from hand_tracking_dsp.compression.pruning.block_latency import LatencyTable, measure_latency
from hand_tracking_dsp.compression.pruning.level_spec import LevelSpec
from hand_tracking_dsp.compression.pruning.prune import BlockTargets, prepare, prune
from hand_tracking_dsp.compression.pruning.sensitivity import Sensitivity, measure_sensitivity
from hand_tracking_dsp.compression.pruning.widths import uniform_shares
from hand_tracking_dsp.errors import ConfigurationError, ModelError
from hand_tracking_dsp.tracking.composition.onnx_changes import serialized
from hand_tracking_dsp.tracking.contract import contract_of
from hand_tracking_dsp.tracking.manifest import Manifest, read_manifest
from hand_tracking_dsp.tracking.network_info import LevelInfo

HELD_BACK = 0.25
"""Share of the crops that nothing is learned from."""

_METHOD = "closed form"


@dataclass(frozen=True, slots=True)
class PrunedLevel:
    """A level that was made.

    Attributes:
        info: Its description in the bank.
        before: Deviation of the network that was pruned from the dense one, on the crops held back, % of
            palm size: over all data sets, then of each, by its name in bank.json.
        found: Whether it lay in the bank already.
    """

    info: LevelInfo
    before: Mapping[str, float]
    found: bool

    @property
    def after(self) -> dict[str, float]:
        """The same deviation of the level."""
        return {one.data: one.value for one in self.info.accuracy}

    @property
    def latency(self) -> float | None:
        """Predicted latency, relative to the dense network in fp32; None where it was not asked for."""
        latency: float | None = self.info.source["latency"]
        return latency


class LevelMaker:
    """Prunes one network of a bank to several levels; what they have in common is measured once."""

    def __init__(
        self,
        bank: Manifest,
        crops: Crops,
        *,
        start: str = "",
        precision: str = "int8",
        seed: int = 0,
        on_progress: Callable[[str], None] | None = None,
    ) -> None:
        """Read the networks, and run the dense one on the crops held back.

        Args:
            bank: The bank; level 0 is the dense network.
            crops: Crops to calibrate on; a quarter is held back to measure on.
            start: Name or index of the level to prune; level 0 if empty.
            precision: Precision in which latency is measured, one of block_latency.PRECISIONS.
            seed: Seed of everything random.
            on_progress: Called with what is being done, at every block.

        Raises:
            ModelError: A network is missing, or the bank has no such level in fp32.
            ConfigurationError: The crops cannot be split, or the level has another input than the dense one.
        """
        self._bank = bank
        self._start, self._model = read_level(bank, start)
        side, dense_side = (contract_of(level).size for level in (self._start, bank.levels[0]))
        if side != dense_side:
            msg = (
                f"Level {self._start.name} sees {side} pixels, and the dense one {dense_side}: start from a "
                f"level that sees as many as it (models prune makes no other)."
            )
            raise ConfigurationError(msg)
        self._dense = read_model(bank, bank.levels[0])
        self._precision, self._seed = precision, seed
        self._report = on_progress or (lambda _: None)
        self._learn, held_back = split(crops, HELD_BACK, seed)
        self._held_back = HeldBackCrops(held_back, open_exact(self._dense), seed)
        self._before = self._held_back.deviations(open_exact(self._model))

    def make(self, specs: Sequence[LevelSpec], out: Path) -> Iterator[PrunedLevel]:
        """Make a level for each specification, and write the bank whenever one is done.

        Levels in the folder that were made of the same pictures with the same settings are kept as they are.

        Yields:
            The levels, in the order of specs.

        Raises:
            ConfigurationError: A specification cannot be met.
            OutputError: The bank cannot be written.
        """
        sources = [self._source(spec) for spec in specs]
        earlier = _earlier(out)
        # Every bank that is written on the way holds all levels that there are already.
        levels = {
            i: earlier[source["key"]][0] for i, source in enumerate(sources) if source["key"] in earlier
        }
        files = {level.file: data for level, data in earlier.values()}
        found = set(levels)
        note = f"{self._bank.source}; pruned in closed form by hand-tracking-dsp models prune"
        bank = replace(self._bank, name=out.resolve().name, source=note)
        for i, spec in enumerate(specs):
            if i not in found:
                levels[i], data = self._made(spec, sources[i])
                files[levels[i].file] = data
            ordered = numbered([bank.levels[0], *(levels[j] for j in sorted(levels))])
            bank = write_bank(out, bank.with_levels(ordered), files)
            # From here on all networks lie in the new bank, perhaps by other names.
            levels, files = dict(zip(sorted(levels), bank.levels[1:], strict=True)), {}
            yield PrunedLevel(levels[i], self._before, i in found)

    @cached_property
    def latency(self) -> LatencyTable:
        """Latency of each block on this device."""
        report = lambda block: self._report(f"timing {block}")  # noqa: E731
        return measure_latency(
            self._model, reference=self._dense, precision=self._precision, on_progress=report
        )

    @cached_property
    def sensitivity(self) -> Sensitivity:
        """Deviation that each block's channels prevent."""
        report = lambda block: self._report(f"trying {block}")  # noqa: E731
        return measure_sensitivity(self._model, self.targets, self._held_back.crops, on_progress=report)

    @cached_property
    def targets(self) -> BlockTargets:
        """Outputs of the unpruned network's blocks on the crops to learn from."""
        return prepare(self._model, self._learn, seed=self._seed)

    def _made(self, spec: LevelSpec, source: dict[str, Any]) -> tuple[LevelInfo, bytes]:
        """Prune the network; return the level and its file."""
        keep, latency = self._allocation(spec)
        report = lambda block: self._report(f"pruning {block} to {spec.name}")  # noqa: E731
        model = prune(self._model, self.targets, keep, on_progress=report)
        data, session = serialized(model), open_exact(model)
        name = f"{self._start.name}_{spec.name}"
        level = new_level(
            name,
            f"{name}.onnx",
            data,
            keep=keep,
            accuracy=self._held_back.accuracy(session),
            source={**source, "latency": latency and round(latency, 4)},
            **sizes(model),
        )
        return level, data

    def _allocation(self, spec: LevelSpec) -> tuple[dict[str, float], float | None]:
        """Choose the share of each block's channels to keep; return the latency predicted for it, too."""
        if spec.latency is None:
            return uniform_shares(self.targets.blocks, spec.keep or 1.0), None
        most = spec.max_parameters
        limit = None if most is None else int(most * self._bank.levels[0].parameters)
        found = allocate(self.sensitivity, self.latency, spec.latency, limit)
        return dict(found.keep), found.latency

    def _source(self, spec: LevelSpec) -> dict[str, Any]:
        """Describe what a level is made of and how; the same key means the same level."""
        settings = {
            "file": self._start.file,
            "sha256": self._start.computes,
            "method": _METHOD,
            "wish": asdict(spec),
            "precision": self._precision,
            "pictures": sorted(set(self._learn.sources)),
            "crops": len(self._learn),
            "seed": self._seed,
        }
        digest = hashlib.sha256(repr(settings).encode())
        digest.update(self._learn.images.tobytes())
        return {**settings, "key": digest.hexdigest()[:16]}


def _earlier(out: Path) -> dict[str, tuple[LevelInfo, bytes]]:
    """Find the levels of an earlier, perhaps interrupted, run by their key, with their files."""
    try:
        bank = read_manifest(out)
        return {
            level.source["key"]: (level, read_float_network(bank, level))
            for level in bank.levels
            if isinstance(level.source, dict) and level.source.get("key")
        }
    except ModelError:
        return {}
