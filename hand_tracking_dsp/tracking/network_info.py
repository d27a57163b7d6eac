"""What a bank tells of its networks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar, cast

PRECISIONS = ("fp32", "fp16", "bf16", "int8")
"""What the weights of a network may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """One measurement of how well a network does.

    Attributes:
        metric: What was measured; the metrics that a choice of precision looks at are in precision.py.
        data: The pictures it was measured on.
        value: The result, in the metric's unit.
        samples: Number of pictures.
        provider: What ran the network, as Session.provider; "" where nobody wrote it down.
    """

    metric: str
    data: str
    value: float
    samples: int
    provider: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyProfile:
    """What one run of a network took on one machine, milliseconds.

    Attributes:
        device: The machine, as device.device_name.
        provider: What ran the network, as Session.provider.
        threads: Threads it was given; 0 = the backend's choice.
        p50_ms: Median.
        p95_ms: 95th percentile.
        p99_ms: 99th percentile.
        runs: Number of runs.
    """

    device: str
    provider: str
    threads: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    runs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkInfo:
    """One network of a bank, in its default file.

    Attributes:
        name: For example "full".
        file: Name of the ONNX file, in the bank's own folder.
        sha256: Of that file, hexadecimal.
        precision: Of the weights, one of PRECISIONS.
        parameters: Number of trained parameters.
        macs: Multiplications with addition of one run.
        accuracy: What was measured of it.
        latency: How long it takes, where that was measured.
        variants: The same network in other files, of other precision; these have no variants.
    """

    name: str
    file: str
    sha256: str
    precision: str
    parameters: int
    macs: int
    accuracy: tuple[Accuracy, ...] = ()
    latency: tuple[LatencyProfile, ...] = ()
    variants: tuple[NetworkInfo, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelInfo(NetworkInfo):
    """One sparsity level of a bank.

    Attributes:
        index: 0 = dense, higher = sparser.
        sparsity: Share of the dense network's parameters removed, 0 to below 1.
        keep: Share of hidden channels kept, by block, 0 where the block is gone; empty if not pruned.
    """

    index: int
    sparsity: float
    keep: Mapping[str, float] = field(default_factory=dict)


Network = TypeVar("Network", bound=NetworkInfo)


def files_of(info: Network) -> tuple[Network, ...]:
    """Return a network in each of its files, the default one first, none with variants."""
    variants = cast("tuple[Network, ...]", info.variants)
    return (replace(info, variants=()), *variants)
