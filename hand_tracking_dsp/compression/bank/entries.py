"""The entries of bank.json: levels, palm detectors, variants and what was measured of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from hand_tracking_dsp.tracking.manifest import SCHEMA

Entry = dict[str, Any]
"""A JSON object of bank.json; docs/bank.md names its fields."""


_MEASURED_BY = ("metric", "data", "provider")


def accuracy_entry(
    data: str, value: float, samples: int, provider: str, metric: str = "deviation_palm_percent"
) -> Entry:
    """Describe a measurement.

    Args:
        data: The pictures, for example "val/egohands".
        value: The result, in the metric's unit.
        samples: Number of pictures.
        provider: What ran the network, as Session.provider.
        metric: deviation_palm_percent for levels; recall_percent for palm detectors.
    """
    return {
        "metric": metric,
        "data": data,
        "value": round(value, 4),
        "samples": samples,
        "provider": provider,
    }


def network_entry(
    name: str,
    file: str,
    data: bytes,
    precision: str = "fp32",
    *,
    parameters: int,
    macs: int,
    accuracy: Sequence[Entry] = (),
    latency: Sequence[Entry] = (),
    source: Mapping[str, Any] | None = None,
) -> Entry:
    """Describe a network: a palm detector, or what level_entry adds to.

    Args:
        name: For people.
        file: Name of its file in the bank's folder.
        data: The ONNX file.
        precision: Of the weights: fp32, fp16, bf16 or int8.
        parameters: Trained parameters.
        macs: Multiplications with addition of one run.
        accuracy: Measurements, see accuracy_entry.
        latency: Profiles with device, provider, threads, p50_ms, p95_ms, p99_ms and runs.
        source: What it was made from and how.
    """
    return {
        "name": name,
        "file": file,
        "sha256": hashlib.sha256(data).hexdigest(),
        "precision": precision,
        "parameters": parameters,
        "macs": macs,
        "latency": list(latency),
        "accuracy": list(accuracy),
        "variants": [],
        "source": dict(source or {}),
    }


def level_entry(
    name: str,
    file: str,
    data: bytes,
    precision: str = "fp32",
    *,
    parameters: int,
    macs: int,
    keep: Mapping[str, float] | None = None,
    accuracy: Sequence[Entry] = (),
    latency: Sequence[Entry] = (),
    source: Mapping[str, Any] | None = None,
) -> Entry:
    """Describe a sparsity level; new_bank gives it its index and sparsity.

    Args:
        name: For people.
        file: Name of its file in the bank's folder.
        data: The ONNX file.
        precision: Of the weights: fp32, fp16, bf16 or int8.
        parameters: Trained parameters.
        macs: Multiplications with addition of one run.
        keep: Share of hidden channels kept, by block; 0 = the block is gone; empty if not pruned.
        accuracy: Measurements, see accuracy_entry.
        latency: Profiles, see network_entry.
        source: What it was made from and how.
    """
    entry = network_entry(
        name,
        file,
        data,
        precision,
        parameters=parameters,
        macs=macs,
        accuracy=accuracy,
        latency=latency,
        source=source,
    )
    return {**entry, "keep": {block: round(share, 4) for block, share in (keep or {}).items()}}


def add_variant(
    entry: Entry,
    file: str,
    data: bytes,
    precision: str,
    *,
    accuracy: Sequence[Entry] = (),
    latency: Sequence[Entry] = (),
    source: Mapping[str, Any] | None = None,
) -> Entry:
    """Add the same network in another precision to a level or detector.

    A variant of the same precision is replaced.

    Args:
        entry: The level or detector, changed in place.
        file: Name of the variant's file in the bank's folder.
        data: The ONNX file.
        precision: Of its weights.
        accuracy: Measurements, see accuracy_entry.
        latency: Profiles, see network_entry.
        source: How it was made.

    Returns:
        The variant's entry.
    """
    variant: Entry = {
        "file": file,
        "sha256": hashlib.sha256(data).hexdigest(),
        "precision": precision,
        "latency": list(latency),
        "accuracy": list(accuracy),
        "source": dict(source or {}),
    }
    others = [one for one in entry.get("variants", ()) if one["precision"] != precision]
    entry["variants"] = [*others, variant]
    return variant


def new_bank(
    name: str, license_name: str, source: str, levels: Iterable[Entry], detectors: Iterable[Entry]
) -> Entry:
    """Put a bank together: number the levels, and say how sparse each is.

    Args:
        name: The bank's name.
        license_name: Of its networks.
        source: Where they come from.
        levels: Dense first, sparser later; sparsity is the share of the first one's parameters missing.
        detectors: The palm detectors.
    """
    entries = list(levels)
    numbered = [
        {"index": index, "sparsity": _sparsity(entry, entries[0]), **_without(entry, "index", "sparsity")}
        for index, entry in enumerate(entries)
    ]
    return {
        "schema": SCHEMA,
        "name": name,
        "license": license_name,
        "source": source,
        "levels": numbered,
        "detectors": list(detectors),
    }


def networks_of(bank: Entry) -> Iterator[Entry]:
    """Go through every entry of a bank that names a file: levels, detectors, and the variants of each."""
    for entry in (*bank["levels"], *bank["detectors"]):
        yield entry
        yield from entry.get("variants", ())


def has_measurement(entry: Entry, measurement: Entry) -> bool:
    """Tell whether a level, detector or variant has a measurement of the same metric, data and provider."""
    return any(_alike(one, measurement, _MEASURED_BY) for one in entry.get("accuracy", ()))


def add_measurement(entry: Entry, measurement: Entry) -> None:
    """Put a measurement in the place of one of the same metric, data and provider, or add it.

    Args:
        entry: A level, a detector or a variant.
        measurement: See accuracy_entry.
    """
    _replace(entry.setdefault("accuracy", []), measurement, _MEASURED_BY)


def add_profile(entry: Entry, profile: Entry) -> None:
    """Put a latency profile in the place of one of the same device, provider and threads, or add it.

    Args:
        entry: A level, a detector or a variant.
        profile: See network_entry.
    """
    _replace(entry.setdefault("latency", []), profile, ("device", "provider", "threads"))


def _replace(entries: list[Entry], new: Entry, key: tuple[str, ...]) -> None:
    entries[:] = [*(one for one in entries if not _alike(one, new, key)), new]


def _alike(one: Entry, other: Entry, names: tuple[str, ...]) -> bool:
    return all(one.get(name, "") == other.get(name, "") for name in names)


def _sparsity(entry: Entry, dense: Entry) -> float:
    share: float = entry["parameters"] / dense["parameters"]
    return round(1 - share, 4)


def _without(entry: Entry, *names: str) -> Entry:
    return {name: value for name, value in entry.items() if name not in names}
