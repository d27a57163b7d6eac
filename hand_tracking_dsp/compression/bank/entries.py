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

"""Makes and changes the records of bank.json; whatever is changed is a copy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from operator import attrgetter
from typing import Any, TypeVar

from hand_tracking_dsp.documents import sha256_of
from hand_tracking_dsp.tracking.contract import DEPTH_INPUT, FLOAT_INPUT
from hand_tracking_dsp.tracking.losses import DEVIATION
from hand_tracking_dsp.tracking.manifest import Manifest
from hand_tracking_dsp.tracking.network_info import (
    Accuracy,
    File,
    FileInfo,
    LatencyProfile,
    LevelInfo,
    NearInfo,
    Network,
    NetworkInfo,
)
from hand_tracking_dsp.tracking.record import Record

WITHOUT_HAND = "regions without a hand"
"""Name of such regions in the data of a figure."""


def new_accuracy(data: str, value: float, samples: int, provider: str, metric: str = DEVIATION) -> Accuracy:
    """Describe a measurement of so many pictures, in the metric's unit, rounded to four places."""
    return Accuracy(metric=metric, data=data, value=round(value, 4), samples=samples, provider=provider)


def new_network(name: str, file: str, data: bytes, **more: Any) -> NetworkInfo:  # noqa: ANN401
    """Describe a palm detector in fp32; more are the other fields of NetworkInfo."""
    return NetworkInfo(name=name, file=file, sha256=sha256_of(data), precision="fp32", **more)


def new_near(name: str, file: str, data: bytes, size: int, precision: str, **more: Any) -> NearInfo:  # noqa: ANN401
    """Describe a palm detector whose input has a side of so many pixels; more are other fields."""
    return NearInfo(
        name=name, file=file, sha256=sha256_of(data), precision=precision, input_size=size, **more
    )


def new_level(
    name: str,
    file: str,
    data: bytes,
    *,
    keep: Mapping[str, float] | None = None,
    **more: Any,  # noqa: ANN401
) -> LevelInfo:
    """Describe a sparsity level in fp32; numbered gives it its index and sparsity.

    Args:
        name: Name for people.
        file: Name of its file in the bank's folder.
        data: Content of that file.
        keep: Share of hidden channels kept, by block; 0 = the block is gone; empty if not pruned.
        more: Other fields of LevelInfo.
    """
    return LevelInfo(
        index=0,
        sparsity=0.0,
        name=name,
        file=file,
        sha256=sha256_of(data),
        precision="fp32",
        keep={block: round(share, 4) for block, share in (keep or {}).items()},
        **more,
    )


def new_bank(
    name: str,
    license_name: str,
    source: str,
    levels: Iterable[LevelInfo],
    detectors: Iterable[NetworkInfo] = (),
) -> Manifest:
    """Put a bank together of levels, dense first, which get numbers, and detectors, the default one first."""
    levels = numbered(levels)
    return Manifest(
        schema=DEPTH_INPUT if any(level.depth for level in levels) else FLOAT_INPUT,
        name=name,
        license=license_name,
        source=source,
        levels=levels,
        detectors=tuple(detectors),
    )


def numbered(levels: Iterable[LevelInfo]) -> tuple[LevelInfo, ...]:
    """Number the levels of a bank, dense first; sparsity is the share of its parameters that others lack."""
    levels = tuple(levels)
    first = ("index", "sparsity")
    return tuple(
        replace(
            level,
            index=index,
            # A shallower exit of one network may have the wider head.
            sparsity=max(round(1 - level.parameters / levels[0].parameters, 4), 0.0),
            order=(*first, *(name for name in level.order if name not in first)),
        )
        for index, level in enumerate(levels)
    )


def with_variant(network: Network, file: str, data: bytes, precision: str, **more: Any) -> Network:  # noqa: ANN401
    """Add the same network in another precision to a level or detector, in place of one of that precision.

    The file with the data lies in the bank's folder; more are the other fields of FileInfo.
    """
    variant = FileInfo(file=file, sha256=sha256_of(data), precision=precision, **more)
    others = (one for one in network.variants if one.precision != precision)
    return replace(network, variants=(*others, variant))


def with_accuracy(info: File, *measured: Accuracy) -> File:
    """Add measurements to a file, each in place of one of the same metric, data and provider."""
    accuracy = _added(info.accuracy, measured, ("metric", "data", "provider"))
    return replace(info, accuracy=accuracy, order=_having(info, "accuracy"))


def with_latency(info: File, *profiles: LatencyProfile) -> File:
    """Add profiles to a file, each in place of one of the same device, provider and threads."""
    latency = _added(info.latency, profiles, ("device", "provider", "threads"))
    return replace(info, latency=latency, order=_having(info, "latency"))


Figure = TypeVar("Figure", bound=Record)


def _added(old: tuple[Figure, ...], new: tuple[Figure, ...], names: tuple[str, ...]) -> tuple[Figure, ...]:
    """Add figures in place of those that are alike in some fields."""
    key = attrgetter(*names)
    for one in new:
        old = (*[other for other in old if key(other) != key(one)], one)
    return old


def _having(info: FileInfo, name: str) -> tuple[str, ...]:
    """Have a field written even if it is empty."""
    return info.order if name in info.order else (*info.order, name)
