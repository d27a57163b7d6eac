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

"""The networks that bank.json describes: levels and palm detectors, their files and their measurements.

docs/bank.md describes the schema.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar

from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.tracking.depth_info import DepthInfo
from hand_tracking_dsp.tracking.record import (
    Reader,
    Record,
    as_bool,
    as_is,
    as_name,
    as_text,
    each,
    number,
    object_of,
    whole,
)

PRECISIONS = ("fp32", "fp16", "bf16", "int8")
"""The possible precisions of a network's weights."""

_SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy(Record):
    """One measurement of a network's results.

    Attributes:
        metric: Name of the metric; those that a choice of precision looks at are in losses.py.
        data: The pictures it was measured on.
        value: The result, in the metric's unit.
        samples: Number of pictures.
        provider: What ran the network, as Session.provider; "" where that is not recorded.
    """

    FIELDS: ClassVar[Mapping[str, Reader]] = {
        "metric": as_name,
        "data": as_text,
        "value": number(),
        "samples": whole(),
        "provider": as_text,
    }

    metric: str
    data: str
    value: float
    samples: int
    provider: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyProfile(Record):
    """Times of one run of a network on one machine, milliseconds.

    Attributes:
        device: The machine, as device.device_name.
        processor: Design of its processor, as device.processor_kind; "" where that is not recorded.
        provider: What ran the network, as Session.provider.
        threads: Threads per inference; 0 = the backend's choice.
        p50_ms: Median.
        p95_ms: 95th percentile.
        p99_ms: 99th percentile.
        runs: Number of runs.
    """

    FIELDS: ClassVar[Mapping[str, Reader]] = {
        "device": as_text,
        "provider": as_text,
        "threads": whole(),
        "p50_ms": number(0),
        "p95_ms": number(0),
        "p99_ms": number(0),
        "runs": whole(1),
        "processor": as_text,
    }

    device: str
    provider: str
    threads: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    runs: int
    processor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileInfo(Record):
    """One file of a network.

    Attributes:
        file: Name of the ONNX file, in the bank's own folder.
        sha256: Its checksum, hexadecimal.
        float_sha256: Of a file that takes bytes or any size, or keeps weights as float16, the checksum of the
            one with the float input and float32 weights that it was made from; None where it is that itself.
        precision: Precision of the weights, one of PRECISIONS.
        latency: Measured times.
        accuracy: Other measurements.
        source: JSON value; origin and method.
    """

    FIELDS: ClassVar[Mapping[str, Reader]] = {
        "file": as_name,
        "sha256": lambda value: as_name(value).lower(),
        "float_sha256": lambda value: as_name(value).lower(),
        "precision": as_name,
        "latency": each(LatencyProfile),
        "accuracy": each(Accuracy),
        "source": as_is,
    }

    file: str
    sha256: str
    precision: str
    float_sha256: str | None = None
    latency: tuple[LatencyProfile, ...] = ()
    accuracy: tuple[Accuracy, ...] = ()
    source: Any = field(default_factory=dict, hash=False)

    @property
    def computes(self) -> str:
        """Checksum that is the same for two files that compute the same, whichever form they have."""
        return self.float_sha256 or self.sha256

    @property
    def symmetric(self) -> bool:
        """True if an INT8 file has zero points of 0 throughout, as its source says."""
        return isinstance(self.source, Mapping) and self.source.get("symmetric") is True

    def check(self) -> None:
        """Check the file's name, checksum, precision and figures."""
        file = self.file
        if Path(file).name != file or file in ("", ".", "..") or "\0" in file:
            msg = f"file {file!r} is not in the bank's own folder"
            raise ModelError(msg)
        for name in ("sha256", "float_sha256"):
            if not _SHA256.fullmatch(getattr(self, name) or self.sha256):
                msg = f"the {name} of {file} is not 64 hexadecimal digits"
                raise ModelError(msg)
        if self.precision not in PRECISIONS:
            msg = f"the precision {self.precision!r} of {file} is none of {', '.join(PRECISIONS)}"
            raise ModelError(msg)
        for one in self.accuracy:
            if not math.isfinite(one.value):
                msg = f"the {one.metric} of {file} is {one.value}, not a finite number"
                raise ModelError(msg)
        for profile in self.latency:
            if not all(0 < time < math.inf for time in (profile.p50_ms, profile.p95_ms, profile.p99_ms)):
                msg = f"a time of {file} on {profile.provider} is not above 0"
                raise ModelError(msg)


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkInfo(FileInfo):
    """One network of a bank in its default file: a palm detector, or what LevelInfo adds to.

    Attributes:
        name: For example "full".
        parameters: Number of trained parameters.
        macs: Multiplications with addition of one run.
        dead_channels: Hidden channels that gave the same number for every picture and were removed without
            loss; None where that is not recorded.
        any_size: Whether it is a palm detector that takes images of any height and width that 32 divides.
        variants: Further files of the same network, of other precision.
    """

    FIELDS: ClassVar[Mapping[str, Reader]] = {
        "name": as_name,
        "file": as_name,
        "sha256": FileInfo.FIELDS["sha256"],
        "float_sha256": FileInfo.FIELDS["float_sha256"],
        "precision": as_name,
        "parameters": whole(),
        "macs": whole(),
        "dead_channels": whole(),
        "any_size": as_bool,
        "latency": each(LatencyProfile),
        "accuracy": each(Accuracy),
        "variants": each(FileInfo),
        "source": as_is,
    }

    name: str
    parameters: int
    macs: int
    dead_channels: int | None = None
    any_size: bool = False
    variants: tuple[FileInfo, ...] = ()

    def check(self) -> None:
        """Check the default file, and that no file is named twice."""
        FileInfo.check(self)
        if len({self.file, *(variant.file for variant in self.variants)}) <= len(self.variants):
            msg = f"a file of the network {self.name} is named twice among its variants"
            raise ModelError(msg)


@dataclass(frozen=True, slots=True, kw_only=True)
class NearInfo(NetworkInfo):
    """A palm detector with a small input, for places where a hand is likely.

    Attributes:
        input_size: Side of its input, pixels, a multiple of 32.
    """

    FIELDS: ClassVar[Mapping[str, Reader]] = {**NetworkInfo.FIELDS, "input_size": whole(32, 512)}

    input_size: int

    def check(self) -> None:
        """Check the files, and that the input divides into the detector's grids."""
        NetworkInfo.check(self)
        if self.input_size % 32:
            msg = f"input_size of {self.name} is {self.input_size}, but must be a multiple of 32"
            raise ModelError(msg)


_SHARES_BY_BLOCK = object_of(number(0, 1))


def _shares(value: Any) -> dict[str, float]:  # noqa: ANN401 (JSON of any form)
    """Read shares by block; the first banks had an empty list where nothing was pruned."""
    return {} if value == [] else _SHARES_BY_BLOCK(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelInfo(NetworkInfo):
    """One sparsity level of a bank.

    Attributes:
        index: 0 = dense, higher = sparser.
        sparsity: Share of the dense network's parameters removed, 0 to below 1.
        keep: Share of hidden channels kept, by block, 0 where the block is gone; empty if not pruned.
        depth: Of a network that sees depth; None where it sees images.
        input_size: Side of the input, where images are seen, pixels; None: that of contract.LANDMARKS.
        presence_threshold: Lowest presence that is a hand, 0 to 1; None: that of tracker_options.
    """

    FIELDS: ClassVar[Mapping[str, Reader]] = {
        "index": whole(),
        "sparsity": number(),
        **NetworkInfo.FIELDS,
        "keep": _shares,
        "depth": DepthInfo.from_json,
        "input_size": whole(32, 512),
        "presence_threshold": number(0, 1),
    }

    index: int
    sparsity: float
    keep: Mapping[str, float] = field(default_factory=dict, hash=False)
    depth: DepthInfo | None = None
    input_size: int | None = None
    presence_threshold: float | None = None

    def check(self) -> None:
        """Check the network, its sparsity and shares."""
        NetworkInfo.check(self)
        if self.any_size:
            msg = f"level {self.index} has any_size, which is for palm detectors alone; take it out"
            raise ModelError(msg)
        if not 0 <= self.sparsity < 1:
            msg = f"the sparsity {self.sparsity} of level {self.index} is not within 0 and 1"
            raise ModelError(msg)
        if wrong := [f"{share} of {block}" for block, share in self.keep.items() if not 0 <= share <= 1]:
            msg = f"the share {wrong[0]} that level {self.index} keeps is not within 0 and 1"
            raise ModelError(msg)


Network = TypeVar("Network", bound=NetworkInfo)
File = TypeVar("File", bound=FileInfo)


class FileChange(Protocol):
    """Changes one file of a network: the network's default file, or a variant."""

    def __call__(self, info: File, /) -> File:
        """Return the file changed."""


def files_of(info: Network) -> tuple[Network, ...]:
    """Return a network in each of its files, the default one first, none with variants."""
    alone = replace(info, variants=())
    return (alone, *(replace(alone, **_own_fields(variant)) for variant in info.variants))


def _own_fields(variant: FileInfo) -> dict[str, Any]:
    return {name: getattr(variant, name) for name in FileInfo.FIELDS}
