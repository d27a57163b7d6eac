"""Palm detectors made smaller and faster, measured, and put into a bank."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import onnx
from numpy.typing import NDArray

from hand_tracking_dsp.compression.bank.entries import (
    Entry,
    accuracy_entry,
    add_measurement,
    add_profile,
    add_variant,
    network_entry,
    networks_of,
)
from hand_tracking_dsp.compression.bank.model_size import count_macs, count_parameters
from hand_tracking_dsp.compression.bank.timing import Times, time_in_turn
from hand_tracking_dsp.compression.palm.detector import open_detector
from hand_tracking_dsp.compression.palm.deviation import RegionDeviation, measure_deviation
from hand_tracking_dsp.compression.palm.kinks import fold_kinks
from hand_tracking_dsp.compression.palm.prune import Step, prune_palm
from hand_tracking_dsp.compression.palm.recall import Recall, measure_recall, total
from hand_tracking_dsp.compression.palm.rewrite import project_before_resize, with_integer_projections
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.recordings.labels import LabelledPicture
from hand_tracking_dsp.tracking.backends import RuntimeOptions, open_session
from hand_tracking_dsp.tracking.contract import PALM
from hand_tracking_dsp.tracking.device import device_name
from hand_tracking_dsp.tracking.precision import RECALL

PRUNED = "pruned"
"""Name of the pruned detector in a bank."""

PRECISION = "precision_percent"
"""Metric: share of the palms that are hands marked by a person, in %."""

OFFSET = "region_offset_palm_percent"
"""Metric: median distance of wrist and middle MCP from the dense detector's, in % of palm size."""

# Of the dense detector's palms, in frames harder than a camera's: MediaPipe's own lite has 0.9 of them.
_LEAST_COMMON = 0.8
_THREADS = 1

Networks = dict[str, onnx.ModelProto]
"""Networks by file name."""


@dataclass(slots=True)
class Measured:
    """What was measured of one detector's file.

    Attributes:
        file: Its name.
        provider: What ran it.
        times: Of one run, one thread.
        recalls: By recording; empty without boxes.
        deviation: From the dense detector, on pictures held back; None of the dense one itself.
        problem: Why it is not good enough for a bank; "" if it is.
    """

    file: str
    provider: str
    times: Times
    recalls: Mapping[str, Recall] = field(default_factory=dict)
    deviation: RegionDeviation | None = None
    problem: str = ""


def make_detectors(
    bank: Entry,
    files: Mapping[str, bytes],
    images: NDArray[np.uint8],
    seed: int = 0,
    on_step: Callable[[Step], None] | None = None,
) -> tuple[Entry, Networks]:
    """Give each palm detector of a bank an INT8 variant, and add one pruned from the smallest.

    Args:
        bank: See lab.bank_entries; stays as it is. The first detector is the dense one.
        files: Its networks by name.
        images: uint8 [n, 192, 192, 3], RGB, to calibrate on.
        seed: Of the positions compared.
        on_step: Called after each layer that was solved anew.

    Returns:
        The new bank, with its latency and accuracy yet to be measured, and all its detectors.

    Raises:
        ModelError: The bank has no palm detector in fp32 that can be pruned.
    """
    originals = [
        entry for entry in bank["detectors"] if entry["precision"] == "fp32" and entry["name"] != PRUNED
    ]
    if not originals:
        msg = f"The bank {bank['name']} has no palm detector in fp32: give one with MediaPipe's detectors."
        raise ModelError(msg)
    made: Networks = {}
    detectors = []
    for original in originals:
        entry = {**original, "variants": list(original.get("variants", ()))}
        made[entry["file"]] = onnx.load_model_from_string(files[entry["file"]])
        _add_int8(entry, fold_kinks(project_before_resize(made[entry["file"]])), made)
        detectors.append(entry)
    smallest = min(originals, key=lambda entry: int(entry["macs"]))
    pruned = fold_kinks(prune_palm(made[smallest["file"]], images, seed=seed, on_step=on_step))
    entry = network_entry(
        PRUNED,
        f"palm_{PRUNED}.onnx",
        _bytes(pruned),
        parameters=count_parameters(pruned),
        macs=count_macs(pruned),
        source={
            "file": smallest["file"],
            "sha256": smallest["sha256"],
            "method": "5x5 kernels of the finest grid cut to 3x3, least squares",
            "pictures": len(images),
            "seed": seed,
        },
    )
    made[entry["file"]] = pruned
    _add_int8(entry, pruned, made)
    return {**bank, "detectors": [*detectors, entry]}, made


def measure_detectors(
    networks: Networks,
    images: NDArray[np.uint8],
    pictures: Sequence[LabelledPicture] = (),
    runs: int = 100,
    least_recall: float = 0.99,
    on_progress: Callable[[], None] | None = None,
) -> list[Measured]:
    """Measure detectors: time, hands found, and how far their regions lie from the dense detector's.

    Args:
        networks: By file; the first is the dense one.
        images: uint8 [n, 192, 192, 3], RGB, held back from calibration.
        pictures: With hands that a person marked; none if there are no such.
        runs: Timed runs of each, at least 1.
        least_recall: Share of the dense detector's recall that is good enough.
        on_progress: Called len(images) + len(pictures) * len(networks) times.

    Returns:
        By network, in the same order.

    Raises:
        BackendError: A backend refuses a network.
        SourceError: A marked picture cannot be decoded.
    """
    runtime = RuntimeOptions(providers=("cpu",), threads=_THREADS)
    grey = np.full(PALM.input_shape, 0.5, dtype=np.float32)
    sessions = [open_session(_bytes(model), file, runtime) for file, model in networks.items()]
    times = time_in_turn([partial(session.run, grey) for session in sessions], runs)
    detectors = [open_detector(model, file, runtime) for file, model in networks.items()]
    deviations = [None, *measure_deviation(detectors[0], detectors[1:], images, "rgb", on_progress)]
    results = [
        Measured(file, detector.provider, time, measure_recall(detector, pictures, on_progress), deviation)
        for file, detector, time, deviation in zip(networks, detectors, times, deviations, strict=True)
    ]
    for result in results[1:]:
        result.problem = _problem(result, results[0], least_recall)
    return results


def record(bank: Entry, results: Sequence[Measured], data: str, boxes: str) -> Entry:
    """Write what was measured into a bank, and leave out the new files that are not good enough.

    Args:
        bank: Of make_detectors; stays as it is.
        results: Of measure_detectors.
        data: What to call the held-back pictures.
        boxes: What to call the marked ones.

    Returns:
        The bank to be written.
    """
    by_file = {result.file: result for result in results}
    bad = {result.file for result in results if result.problem}
    detectors = []
    for old in bank["detectors"]:
        entry = {**old, "variants": [dict(one) for one in old["variants"] if one["file"] not in bad]}
        if entry["name"] == PRUNED and entry["file"] in bad:
            continue
        detectors.append(entry)
    new = {**bank, "detectors": detectors}
    for entry in networks_of({"levels": [], "detectors": detectors}):
        if entry["file"] in by_file:
            _write(entry, by_file[entry["file"]], data, boxes)
    return new


def _add_int8(entry: Entry, model: onnx.ModelProto, made: Networks) -> None:
    file = entry["file"].removesuffix(".onnx") + "_int8.onnx"
    made[file] = with_integer_projections(model)
    method = "1x1 convolutions in INT8: weights by channel, inputs by picture"
    add_variant(entry, file, _bytes(made[file]), "int8", source={"file": entry["file"], "method": method})


def _problem(result: Measured, dense: Measured, least_recall: float) -> str:
    """Say why a detector is not good enough; "" if it is."""
    deviation = result.deviation
    if deviation and deviation.palms and deviation.lost > (1 - _LEAST_COMMON) * deviation.palms:
        return f"it loses {deviation.lost} of the dense detector's {deviation.palms} palms"
    if dense.recalls:
        found, expected = total(result.recalls).recall, total(dense.recalls).recall
        if found < least_recall * expected:
            return f"its recall is {100 * found:.2f} %, the dense detector's {100 * expected:.2f} %"
    return ""


def _write(entry: Entry, result: Measured, data: str, boxes: str) -> None:
    """Put the figures of one file into its entry."""
    entry["accuracy"], entry["latency"] = list(entry.get("accuracy", ())), list(entry["latency"])

    def add(metric: str, name: str, value: float, samples: int) -> None:
        add_measurement(entry, accuracy_entry(name, value, samples, result.provider, metric))

    if result.recalls:
        found = total(result.recalls)
        add(RECALL, boxes, 100 * found.recall, found.pictures)
        add(PRECISION, boxes, 100 * found.precision, found.pictures)
    if result.deviation and np.isfinite(result.deviation.offset_p50):
        add(OFFSET, data, result.deviation.offset_p50, result.deviation.pictures)
    times = result.times
    add_profile(
        entry,
        {
            "device": device_name(),
            "provider": result.provider,
            "threads": _THREADS,
            "p50_ms": times.p50_ms,
            "p95_ms": times.p95_ms,
            "p99_ms": times.p99_ms,
            "runs": times.runs,
        },
    )


def _bytes(model: onnx.ModelProto) -> bytes:
    return bytes(model.SerializeToString(deterministic=True))
