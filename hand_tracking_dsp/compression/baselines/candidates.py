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

"""Networks to compare: MediaPipe's own, every method's, and a bank's levels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import onnx

from hand_tracking_dsp.compression.bank.files import read_float_network, read_level
from hand_tracking_dsp.compression.bank.model_size import sizes
from hand_tracking_dsp.compression.baselines.methods import METHODS, mark, network_path, read_network_of
from hand_tracking_dsp.compression.data.crops import Crops, evenly
from hand_tracking_dsp.compression.distillation.distill import Progress
from hand_tracking_dsp.compression.quantization.quantize import quantize
from hand_tracking_dsp.documents import read_bytes, sha256_of
from hand_tracking_dsp.files import write_bytes
from hand_tracking_dsp.tracking.composition.onnx_changes import serialized
from hand_tracking_dsp.tracking.contract import LANDMARKS
from hand_tracking_dsp.tracking.manifest import read_manifest
from hand_tracking_dsp.tracking.network_info import files_of

_QUANTIZED_ON = 128


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
        input_size: Side of its input, pixels.
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
    input_size: int = LANDMARKS.size
    ratio: float | None = None
    steps: int = 0
    start: bytes | None = None


@dataclass(frozen=True, slots=True)
class CandidateMaker:
    """Puts the networks together, and quantizes.

    Attributes:
        bank: Folder of MediaPipe's own networks.
        crops: Crops that quantization calibrates with.
        work: Work folder of the comparison, with the pruned networks.
    """

    bank: Path
    crops: Crops
    work: Path
    report: Progress

    def originals(self) -> Iterator[NetworkCandidate]:
        """Yield MediaPipe's own networks, in fp32 and in INT8; the dense one first."""
        for name, label in (("full", "MediaPipe full (dense)"), ("lite", "MediaPipe lite")):
            original = new_candidate(name, label, "MediaPipe", read_level(read_manifest(self.bank), name)[1])
            yield original
            yield self.quantized(original)

    def of_ratio(
        self, ratio: float, trained: Mapping[str, onnx.ModelProto], steps: int
    ) -> Iterator[NetworkCandidate]:
        """Yield the networks of all methods at a ratio.

        Args:
            ratio: Latency relative to the dense network's.
            trained: Trained networks by name.
            steps: Batches that they were trained with.

        Raises:
            ConfigurationError: The work folder lacks a pruned network.
        """
        for method, how in METHODS.items():
            name = f"{method}{mark(ratio)}"
            if name not in trained:
                continue
            start = read_network_of(self.work, how.start.format(mark=mark(ratio)))
            if method == "ours":
                label = "ours, closed form only"
                yield replace(new_candidate(f"closed_form{mark(ratio)}", label, "ours", start), ratio=ratio)
            found = new_candidate(name, how.label, how.family, trained[name])
            found = replace(found, ratio=ratio, steps=steps, start=serialized(start))
            yield found
            if method == "ours":
                yield self.quantized(found)

    def quantized(self, original: NetworkCandidate) -> NetworkCandidate:
        """Quantize a candidate to INT8, with the same numbers of parameters and operations."""
        name = f"{original.name}_int8"
        # Networks that are trained again keep their names.
        path = network_path(self.work, f"{name}_{sha256_of(original.data)[:12]}")
        if not path.exists():
            self.report(f"quantizing {original.label}", 0, 0, "")
            crops = self.crops.subset(evenly(len(self.crops), _QUANTIZED_ON))
            write_bytes(path, serialized(quantize(onnx.load_from_string(original.data), crops.images)))
        label = f"{original.label}, INT8"
        return replace(original, name=name, label=label, data=read_bytes(path), precision="int8", start=None)


def levels_of(bank: Path) -> Iterator[NetworkCandidate]:
    """Yield a bank's levels but the dense one, in all their files.

    Raises:
        ModelError: The bank is missing or damaged.
    """
    manifest = read_manifest(bank)
    for level in manifest.levels[1:]:
        for info in files_of(level):
            yield NetworkCandidate(
                name=f"bank_{info.file.removesuffix('.onnx')}",
                label=f"bank {manifest.name}: {level.name}{_suffix(info.precision)}",
                family="bank",
                data=read_float_network(manifest, info),
                precision=info.precision,
                parameters=info.parameters,
                macs=info.macs,
                input_size=level.input_size or LANDMARKS.size,
            )


def new_candidate(name: str, label: str, family: str, model: onnx.ModelProto) -> NetworkCandidate:
    """Describe a network in fp32."""
    size = sizes(model)
    return NetworkCandidate(name, label, family, serialized(model), "fp32", size["parameters"], size["macs"])


def _suffix(precision: str) -> str:
    return "" if precision == "fp32" else f", {precision.upper()}"
