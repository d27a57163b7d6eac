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

"""Networks to compare, each made once and kept: equally fast, and trained in the same way."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import onnx

from hand_tracking_dsp.compression.bank.files import read_level
from hand_tracking_dsp.compression.bank.model_size import sizes
from hand_tracking_dsp.compression.baselines.depgraph import is_installed, prune_by_depgraph
from hand_tracking_dsp.compression.baselines.fit import fit_latency
from hand_tracking_dsp.compression.blocks import read_blocks
from hand_tracking_dsp.compression.data.crops import Crops, evenly
from hand_tracking_dsp.compression.distillation.distill import Progress
from hand_tracking_dsp.compression.distillation.network import OnnxNetwork
from hand_tracking_dsp.compression.distillation.samples import TrainingSamples, Validation
from hand_tracking_dsp.compression.distillation.train import DistillationTrainingOptions, Trainer
from hand_tracking_dsp.compression.onnx_graph import parse_model, serialized
from hand_tracking_dsp.compression.pruning.allocation import allocate
from hand_tracking_dsp.compression.pruning.criteria import CRITERIA
from hand_tracking_dsp.compression.pruning.levels import LevelMaker
from hand_tracking_dsp.compression.pruning.prune import cut, prune
from hand_tracking_dsp.compression.pruning.widths import uniform_shares
from hand_tracking_dsp.compression.quantization.quantize import quantize
from hand_tracking_dsp.files import write_bytes, write_text
from hand_tracking_dsp.temporary import temporary_folder
from hand_tracking_dsp.tracking.manifest import read_manifest

UNIFORM = {"l1": "L1 norm, uniform", "magnitude": "magnitude, uniform", "random": "random channels, uniform"}
"""Baselines that keep the same share of every block, by their criterion in compression.pruning.criteria."""

# Share of the latency that removing all removable channels saves; the rest is lost to rounding.
_MOST_SAVED = 0.98
_QUANTIZED_ON = 128
_SPEED_STEPS = 8
_CHECKS = 5


@dataclass(frozen=True, slots=True)
class Budget:
    """Training of each network.

    Attributes:
        training: Options for all networks; its steps apply where minutes is None.
        minutes: Minutes of training for one network of the first ratio, which give the steps of all; None
            where steps are given.
    """

    training: DistillationTrainingOptions
    minutes: float | None = None


@dataclass(frozen=True, slots=True)
class NetworkCandidate:
    """Network to compare.

    Attributes:
        name: Name of the network and its file.
        label: Name in tables and plots.
        family: "MediaPipe", "baseline" (another method's), "ours" or "bank".
        data: ONNX file.
        precision: Precision of its weights.
        parameters: Number of trained parameters.
        macs: Multiply-accumulate operations of one run.
        ratio: Latency it was pruned for, relative to the dense network's; None where it was not pruned.
        steps: Batches it was trained with here; 0 if it was not.
        start: Network before training; None where it was not trained here.
    """

    name: str
    label: str
    family: str
    data: bytes
    precision: str
    parameters: int
    macs: int
    ratio: float | None = None
    steps: int = 0
    start: bytes | None = None


@dataclass(slots=True)
class CandidateMaker:
    """Makes the networks, or reads those that an earlier call has kept in the work folder.

    Attributes:
        bank: Folder of the bank whose level 0 is the dense network that all are pruned from.
        crops: Crops that closed-form pruning and quantization calibrate with.
        samples: Samples that all networks are trained on.
        validation: Validation sets of the curves of training.
        seed: Seed of the random channels, the split of crops and sampled positions.
        dense: Dense network.
    """

    bank: Path
    crops: Crops
    samples: TrainingSamples
    validation: Validation
    work: Path
    budget: Budget
    seed: int = 0
    report: Progress = field(default=lambda *_: None)
    dense: onnx.ModelProto = field(init=False)
    _maker: LevelMaker | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        """Read the dense network."""
        self.dense = read_level(read_manifest(self.bank))[1]

    def of_ratio(self, ratio: float) -> Iterator[NetworkCandidate]:
        """Make all candidates of a latency relative to the dense network in ONNX Runtime, one thread, fp32.

        Raises:
            ConfigurationError: No pruning is fast enough on this machine, or there are too few pictures.
            OutputError: The work folder cannot be written.
        """
        for criterion, label in UNIFORM.items():
            start = self._kept(f"{criterion}{_mark(ratio)}_start", partial(self._uniform, criterion, ratio))
            yield self._trained(criterion, label, "baseline", ratio, start)
        if is_installed():
            start = self._kept(f"depgraph{_mark(ratio)}_start", partial(self._depgraph, ratio))
            yield self._trained("depgraph", "Torch-Pruning, DepGraph", "baseline", ratio, start)
        start = self._kept(f"closed_form{_mark(ratio)}", partial(self._closed_form, ratio))
        yield new_candidate(f"closed_form{_mark(ratio)}", "ours, closed form only", "ours", start, ratio)
        distilled = self._trained("ours", "ours, distilled", "ours", ratio, start)
        yield distilled
        yield self.quantized(distilled)

    def quantized(self, original: NetworkCandidate) -> NetworkCandidate:
        """Quantize a candidate to INT8, with the same numbers of parameters and operations."""
        name = f"{original.name}_int8"

        def make() -> onnx.ModelProto:
            self.report(f"quantizing {original.label}", 0, 0, "")
            crops = self.crops.subset(evenly(len(self.crops), _QUANTIZED_ON))
            return quantize(onnx.load_from_string(original.data), crops.images)

        data = serialized(self._kept(name, make))
        return replace(
            original, name=name, label=f"{original.label}, INT8", data=data, precision="int8", start=None
        )

    def _trained(
        self, method: str, label: str, family: str, ratio: float, start: onnx.ModelProto
    ) -> NetworkCandidate:
        """Fine-tune a pruned network, or continue where an earlier call was stopped."""
        name = f"{method}{_mark(ratio)}"
        options = self._options(start)

        def make() -> onnx.ModelProto:
            folder = self.work / "training" / name
            training = Trainer(OnnxNetwork(start), self.samples, self.validation, folder, options)
            what = f"training {label} at {ratio:g}"
            return training.run(lambda done, of, line: self.report(what, done, of, line)).to_onnx()

        found = new_candidate(name, label, family, self._kept(name, make), ratio)
        return replace(found, steps=options.steps, start=serialized(start))

    def _options(self, start: onnx.ModelProto) -> DistillationTrainingOptions:
        """Return the training options, with the steps that the minutes allow, measured once for all."""
        path = self.work / "steps.json"
        if self.budget.minutes is None:
            return self.budget.training
        if not path.exists():
            self.report("measuring the speed of training", 0, 0, "")
            few = replace(self.budget.training, steps=_SPEED_STEPS, check_every=_SPEED_STEPS + 1)
            with temporary_folder() as folder:
                training = Trainer(OnnxNetwork(start), self.samples, {}, folder, few)
                began = time.monotonic()
                training.run()
                seconds = (time.monotonic() - began) / _SPEED_STEPS
            write_text(path, json.dumps(max(1, round(60 * self.budget.minutes / seconds))) + "\n")
        return with_steps(self.budget.training, int(json.loads(path.read_text(encoding="utf-8"))))

    def _uniform(self, criterion: str, ratio: float) -> onnx.ModelProto:
        """Keep the same share of every block; all criteria keep the widths found with the first one."""
        self.report(f"pruning by {criterion} to {ratio:g}", 0, 0, "")
        scores = CRITERIA[criterion](self.dense, self.crops, self.seed)
        first = next(iter(UNIFORM))
        if criterion != first:
            widths = read_blocks(
                self._kept(f"{first}{_mark(ratio)}_start", partial(self._uniform, first, ratio))
            )
            known = {block.name: block.channels for block in widths}
            keep = {block.name: known[block.name] / block.channels for block in read_blocks(self.dense)}
            return cut(self.dense, keep, scores)
        blocks = read_blocks(self.dense)

        def make(share: float) -> onnx.ModelProto:
            return cut(self.dense, uniform_shares(blocks, share), scores)

        return fit_latency(make, self.dense, ratio)[1]

    def _depgraph(self, ratio: float) -> onnx.ModelProto:
        self.report(f"pruning by Torch-Pruning to {ratio:g}", 0, 0, "")
        return fit_latency(partial(prune_by_depgraph, self.dense), self.dense, ratio)[1]

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
        path = self.work / "networks" / f"{name}.onnx"
        if not path.exists():
            write_bytes(path, serialized(make()))
        return parse_model(path.read_bytes(), path.name)


def new_candidate(
    name: str, label: str, family: str, model: onnx.ModelProto, ratio: float | None = None
) -> NetworkCandidate:
    """Describe a network in fp32 that was not trained here."""
    size = sizes(model)
    return NetworkCandidate(
        name, label, family, serialized(model), "fp32", size["parameters"], size["macs"], ratio
    )


def with_steps(options: DistillationTrainingOptions, steps: int) -> DistillationTrainingOptions:
    """Return options for a number of steps, with warmup and checks in proportion."""
    return replace(
        options,
        steps=steps,
        warmup=min(options.warmup, steps // 4 + 1),
        check_every=max(1, steps // _CHECKS),
    )


def _mark(ratio: float) -> str:
    return f"_{round(1000 * ratio):03}"
