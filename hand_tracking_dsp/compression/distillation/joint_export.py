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

"""A bank made of what a joint training left: its networks in INT8, and in fp32 where they are wanted."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from hand_tracking_dsp.compression.bank.deviation import Predictions, deviation_palm_percent, predict
from hand_tracking_dsp.compression.bank.entries import (
    WITHOUT_HAND,
    new_accuracy,
    new_level,
    numbered,
    with_variant,
)
from hand_tracking_dsp.compression.bank.export_checks import (
    HALVED,
    ROUNDED,
    ExportStep,
    Stage,
    compare_stages,
    open_as_filed,
    require,
)
from hand_tracking_dsp.compression.bank.files import write_bank
from hand_tracking_dsp.compression.bank.half_weights import rounded_to_half
from hand_tracking_dsp.compression.bank.model_size import sizes
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.data.packed_crops import calibration_images, packed_crops
from hand_tracking_dsp.compression.data.picture_pack import PictureKind, read_pack
from hand_tracking_dsp.compression.distillation.joint_run import RECORD
from hand_tracking_dsp.compression.onnx_graph import parse_model
from hand_tracking_dsp.compression.quantization.quantize import quantize
from hand_tracking_dsp.documents import sha256_of
from hand_tracking_dsp.errors import ConfigurationError, ModelError
from hand_tracking_dsp.tracking.backends.base import Session
from hand_tracking_dsp.tracking.composition.onnx_changes import serialized
from hand_tracking_dsp.tracking.contract import BYTE_INPUT, LANDMARKS
from hand_tracking_dsp.tracking.losses import ACCEPTED, DEVIATION
from hand_tracking_dsp.tracking.manifest import Manifest
from hand_tracking_dsp.tracking.network_info import Accuracy, LevelInfo
from hand_tracking_dsp.tracking.tracker_options import PRESENCE_THRESHOLD

CHECKED = 16
"""Number of crops on which every step of an export is checked."""

_METHOD = "trained together towards the dense network"
_INT8 = "static INT8"


@dataclass(frozen=True, slots=True)
class TrainedNetwork:
    """A network that a joint training left.

    Attributes:
        entry: Its entry in training.json.
        data: Its ONNX file, fp32 with the float input.
        model: The same as a graph.
    """

    entry: Mapping[str, Any]
    data: bytes
    model: onnx.ModelProto

    @property
    def name(self) -> str:
        """Name of the level."""
        return str(self.entry["name"])


def read_training(work: Path) -> tuple[dict[str, Any], list[TrainedNetwork]]:
    """Read training.json and the networks that it names, the dense one first.

    Raises:
        ConfigurationError: A file is missing, damaged or another one.
    """
    try:
        record = json.loads((work / RECORD).read_text(encoding="utf-8"))
        networks = [_read_network(work, entry) for entry in record["levels"]]
    except (OSError, ValueError, KeyError, TypeError, ModelError) as error:
        msg = f"The folder {work} is not what 'models train' leaves ({error}): give its --work."
        raise ConfigurationError(msg) from error
    return record, networks


def _read_network(work: Path, entry: Mapping[str, Any]) -> TrainedNetwork:
    """Read a network; ValueError where it is another one."""
    data = (work / f"{entry['name']}.onnx").read_bytes()
    if sha256_of(data) != entry["sha256"]:
        msg = f"{entry['name']}.onnx is another network than {RECORD} names"
        raise ValueError(msg)
    return TrainedNetwork(entry, data, parse_model(data, entry["name"]))


class JointExporter:
    """Makes the levels of a bank out of trained networks.

    Args:
        bank: Bank whose palm detectors, licence and source the new one has.
        pack: Pack of pictures, to calibrate and to measure on.
        work: Folder that the training left.
        fp32: Names of the sparse levels whose fp32 files the bank is to have; the dense one has one.
        seed: Seed of the choice of pictures to calibrate with.

    Raises:
        ConfigurationError: The folder or the pack cannot be used, or there is no level of a name.
    """

    def __init__(
        self, bank: Manifest, pack: Path, work: Path, fp32: Collection[str] = (), seed: int = 0
    ) -> None:
        self.record, self.networks = read_training(work)
        names = [network.name for network in self.networks]
        if unknown := sorted(set(fp32) - set(names)):
            msg = f"There is no level {unknown[0]}: the training has {', '.join(names)}."
            raise ConfigurationError(msg)
        pictures = read_pack(pack)
        self._bank, self._fp32, self._seed = bank, {*fp32, names[0]}, seed
        self._hands = packed_crops(pictures, PictureKind.CROP)
        self._empty = packed_crops(pictures, PictureKind.EMPTY_CROP)
        if not self._hands:
            msg = f"The pack {pack} holds no hands to measure on: pack some, see 'models pack'."
            raise ConfigurationError(msg)
        self._calibration = calibration_images(pictures, seed)
        dense = open_exact(self.networks[0].data, names[0])
        self._dense = {name: predict(dense, crops.images) for name, crops in self._hands.items()}
        self._files: dict[str, bytes] = {}
        self._levels: list[LevelInfo] = []

    def make(self, network: TrainedNetwork) -> list[ExportStep]:
        """Make the files of a level and its description.

        Returns:
            The checks of its export.

        Raises:
            ModelError: A step changed its outputs by more than is allowed.
        """
        file = f"{network.name}.onnx"
        model = rounded_to_half(network.model)
        data, quantized = serialized(model), serialized(quantize(model, self._calibration))
        trained, filed = (open_as_filed(one, file) for one in (network.data, data))
        exact, int8 = open_exact(data, file), open_exact(quantized, file)
        steps = compare_stages(
            [
                Stage("ONNX", lambda images: predict(trained, images)),
                Stage("float16 weights", lambda images: predict(filed, images), HALVED),
                Stage("optimized", lambda images: predict(exact, images)),
                Stage("INT8", lambda images: predict(int8, images), ROUNDED),
            ],
            self._checked(),
        )
        require(steps, network.name)
        size = int(network.entry["input_size"])
        level = new_level(
            network.name,
            file,
            data,
            keep=network.entry["keep"],
            accuracy=self._accuracy(exact),
            source=self._source(network),
            input_size=None if size == LANDMARKS.size else size,
            **sizes(model),
        )
        self._keep(level, data, quantized, self._accuracy(int8))
        return steps

    def _keep(self, level: LevelInfo, data: bytes, quantized: bytes, accuracy: tuple[Accuracy, ...]) -> None:
        """Take a level into the bank: with both files, or in INT8 alone."""
        source = {
            "file": level.file,
            "sha256": level.sha256,
            "method": _INT8,
            "crops": len(self._calibration),
            "seed": self._seed,
        }
        file = f"{level.name}_int8.onnx"
        self._files[file] = quantized
        if level.name in self._fp32:
            self._files[level.file] = data
            level = with_variant(level, file, quantized, "int8", accuracy=accuracy, source=source)
        else:
            # The fp32 file is not in the bank: what it was made from is said instead.
            made = {"method": f"{_METHOD}, then {_INT8}", "trained_sha256": level.sha256}
            level = replace(
                level,
                file=file,
                sha256=sha256_of(quantized),
                precision="int8",
                accuracy=accuracy,
                source={**source, **level.source, **made},
            )
        self._levels.append(level)

    def write(self, out: Path) -> Manifest:
        """Write the bank of the levels made so far, the dense one first, the others by their work.

        Raises:
            OutputError: The folder cannot be written.
        """
        dense, *others = self._levels
        ordered = [dense, *sorted(others, key=lambda level: -level.macs)]
        bank = replace(
            self._bank,
            schema=max(self._bank.schema, BYTE_INPUT),
            name=out.resolve().name,
            source=f"{self._bank.source}; {_METHOD} by hand-tracking-dsp models train",
            levels=numbered(ordered),
            operating_points=(),
        )
        return write_bank(out, bank, self._files)

    def _checked(self) -> NDArray[np.uint8]:
        share = -(-CHECKED // len(self._hands))
        return np.concatenate([crops.images[:share] for crops in self._hands.values()])

    def _accuracy(self, session: Session) -> tuple[Accuracy, ...]:
        """Measure a network on every set of the pack."""
        found = []
        for name, crops in self._hands.items():
            expected = self._dense[name]
            seen = expected.presence >= PRESENCE_THRESHOLD
            values = deviation_palm_percent(predict(session, crops.images), expected)[seen]
            if len(values):
                found.append(_measured(name, "hands", float(values.mean()), len(values), session, DEVIATION))
        for name, crops in self._empty.items():
            share = _accepted_percent(predict(session, crops.images))
            found.append(_measured(name, WITHOUT_HAND, share, len(crops), session, ACCEPTED))
        return tuple(found)

    def _source(self, network: TrainedNetwork) -> dict[str, Any]:
        record = self.record
        if network is self.networks[0]:
            return {**self._bank.levels[0].source}  # it is not trained
        training = record["training"]
        return {
            "file": network.entry["start"],
            "sha256": network.entry["start_sha256"],
            "method": _METHOD,
            "pack_sha256": record["pack_sha256"],
            **{name: record[name] for name in ("pictures", "hands", "empty", "rendered", "kept", "steps")},
            "batch": record["batch"]["size"],
            **{name: training[name] for name in ("learning_rate", "seed", "device")},
        }


def _measured(name: str, kind: str, value: float, count: int, session: Session, metric: str) -> Accuracy:
    return new_accuracy(f"{name} ({count} {kind})", value, count, session.provider, metric)


def _accepted_percent(found: Predictions) -> float:
    return float(100 * (found.presence >= PRESENCE_THRESHOLD).mean())
