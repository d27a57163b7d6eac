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

"""Palm detectors made smaller and faster, measured, and put into a bank."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import onnx
from numpy.typing import NDArray

from hand_tracking_dsp.compression.bank.entries import (
    new_accuracy,
    new_network,
    with_accuracy,
    with_latency,
    with_variant,
)
from hand_tracking_dsp.compression.bank.files import read_model
from hand_tracking_dsp.compression.bank.free_size import with_free_size
from hand_tracking_dsp.compression.bank.model_size import sizes
from hand_tracking_dsp.compression.bank.timing import Times, grey_runs, time_in_turn
from hand_tracking_dsp.compression.data.pictures import Picture
from hand_tracking_dsp.compression.palm.detector import open_detector
from hand_tracking_dsp.compression.palm.deviation import RegionDeviation, measure_deviation
from hand_tracking_dsp.compression.palm.kinks import fold_kinks
from hand_tracking_dsp.compression.palm.prune import LayerFit, prune_palm
from hand_tracking_dsp.compression.palm.recall import (
    FalsePalms,
    Recall,
    highest_logits,
    measure_false_palms,
    measure_recall,
    total,
)
from hand_tracking_dsp.compression.palm.rewrite import project_before_resize, with_integer_projections
from hand_tracking_dsp.compression.palm.score_shift import false_palm_shift, with_shifted_scores
from hand_tracking_dsp.compression.palm.trained import TrainedPalm
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.recordings.labels import LabelledPicture
from hand_tracking_dsp.tracking.backends import RuntimeOptions, open_session
from hand_tracking_dsp.tracking.composition.onnx_changes import serialized
from hand_tracking_dsp.tracking.contract import PALM
from hand_tracking_dsp.tracking.losses import RECALL
from hand_tracking_dsp.tracking.manifest import Manifest
from hand_tracking_dsp.tracking.network_info import Accuracy, File, NetworkInfo
from hand_tracking_dsp.tracking.types import Image

PRUNED = "pruned"
"""Name of the pruned detector in a bank."""

PRECISION = "precision_percent"
"""Metric: share of the palms that are hands marked by a person, in %."""

OFFSET = "region_offset_palm_percent"
"""Metric: median distance of wrist and middle MCP from the dense detector's, in % of palm size."""

FALSE_PALMS = "false_palms_percent"
"""Metric: share of views of pictures without a hand, whole and in squares, in which a palm is seen, in %."""

SHAPES = {"4:3": (160, 192), "16:9": (128, 192)}
"""Height and width of the input, pixels, for images of two shapes."""

# Of the dense detector's palms, in frames harder than a camera's: MediaPipe's own lite has 0.9 of them.
_LEAST_COMMON = 0.8
# Of its palms in views without a hand: fewer here, so that there are no more on other pictures.
_FALSE_SHARE = 0.95
_THREADS = 1

Networks = dict[str, onnx.ModelProto]
"""Networks by file name."""


@dataclass(slots=True)
class DetectorFigures:
    """Measurements of one detector's file.

    Attributes:
        file: Its name.
        provider: What ran it, as Session.provider.
        times: Times of one run on a square image, one thread.
        shaped: The same on images of SHAPES.
        recalls: Recall by recording; empty without boxes.
        deviation: Deviation from the dense detector on pictures held out; None for the dense one itself.
        false: Palms seen where no hand is; of no picture without such pictures.
        clips: Deviation from the dense detector on frames of clips; None for that one, or without clips.
        problem: Why it is not good enough for a bank; "" if it is.
    """

    file: str
    provider: str
    times: Times
    shaped: Sequence[Times] = ()
    recalls: Mapping[str, Recall] = field(default_factory=dict)
    deviation: RegionDeviation | None = None
    false: FalsePalms = field(default_factory=FalsePalms)
    clips: RegionDeviation | None = None
    problem: str = ""


def make_detectors(
    bank: Manifest,
    images: NDArray[np.uint8],
    seed: int = 0,
    on_step: Callable[[LayerFit], None] | None = None,
    trained: TrainedPalm | None = None,
    empty: Sequence[Picture] = (),
) -> tuple[Manifest, Networks]:
    """Give each palm detector of a bank an INT8 variant, and add a pruned or trained one.

    Args:
        bank: Bank whose first detector is the dense one, which is pruned.
        images: uint8 [n, 192, 192, 3], RGB, to calibrate on: of pictures with and without hands.
        seed: Seed of the positions compared.
        on_step: Called after each layer that was solved again.
        trained: Detector to take instead of pruning one.
        empty: Pictures without a hand, others than the images: where the dense detector sees a palm in so
            many of their views, the pruned one is to do so, too. None: its scores stay as they are.

    Returns:
        The new bank, with its latency and accuracy yet to be measured, and all its detectors.

    Raises:
        ModelError: The bank has no palm detector in fp32 that can be pruned.
    """
    originals = [info for info in bank.detectors if info.precision == "fp32" and info.name != PRUNED]
    if not originals:
        msg = f"The bank {bank.name} has no palm detector in fp32: give one with MediaPipe's detectors."
        raise ModelError(msg)
    made: Networks = {}
    detectors = []
    for original in originals:
        made[original.file] = read_model(bank, original)
        rewritten = fold_kinks(project_before_resize(made[original.file]))
        detectors.append(_with_int8(original, rewritten, made))
    if trained is not None:
        exact, rounded, source = trained.model, trained.model, dict(trained.source)
    else:
        dense = originals[0]
        solved = prune_palm(made[dense.file], images, seed=seed, on_step=on_step)
        shifts = _score_shifts(made[dense.file], solved, empty)
        exact, rounded = (with_shifted_scores(solved, shift) for shift in shifts)
        source = {
            "file": dense.file,
            "sha256": dense.computes,
            "method": "5x5 kernels of the finest grid cut to 3x3, least squares",
            "pictures": len(images),
            "seed": seed,
            "added_to_scores": [round(shift, 4) for shift in shifts],
        }
    pruned = fold_kinks(exact)
    detector = new_network(PRUNED, f"palm_{PRUNED}.onnx", serialized(pruned), source=source, **sizes(pruned))
    made[detector.file] = pruned
    detectors.append(_with_int8(detector, fold_kinks(rounded), made))
    return replace(bank, detectors=tuple(detectors)), made


def measure_detectors(
    networks: Networks,
    images: NDArray[np.uint8],
    pictures: Sequence[LabelledPicture] = (),
    runs: int = 100,
    least_recall: float = 0.99,
    on_progress: Callable[[], None] | None = None,
    empty: Sequence[Picture] = (),
    clips: Iterable[Image] = (),
) -> list[DetectorFigures]:
    """Measure detectors: time, hands found, false palms, and how far their regions lie from the dense one's.

    Args:
        networks: Networks by file; the first is the dense one.
        images: uint8 [n, 192, 192, 3], RGB, held out from calibration.
        pictures: Pictures with hands that a person marked; none if there are no such.
        runs: Timed runs of each, at least 1.
        least_recall: Share of the dense detector's recall that is good enough.
        on_progress: Called len(images) + (len(pictures) + len(empty)) * len(networks) times.
        empty: Pictures without a hand; none if there are no such.
        clips: Frames of clips, RGB; read once.

    Raises:
        BackendError: A backend refuses a network.
        SourceError: A marked picture cannot be decoded.
    """
    runtime = RuntimeOptions("onnxruntime", ("cpu",), threads=_THREADS)
    sessions = [
        open_session(with_free_size(serialized(model)), file, runtime, sides)
        for file, model in networks.items()
        for sides in (PALM.sides, *SHAPES.values())
    ]
    times = iter(time_in_turn(grey_runs(sessions), runs))
    detectors = [open_detector(model, file, runtime) for file, model in networks.items()]
    deviations = [None, *measure_deviation(detectors[0], detectors[1:], images, "rgb", on_progress)]
    moving = [None, *measure_deviation(detectors[0], detectors[1:], clips, "rgb", on_progress)]
    results = [
        DetectorFigures(
            file,
            detector.provider,
            next(times),
            [next(times) for _ in SHAPES],
            measure_recall(detector, pictures, on_progress),
            deviation,
            measure_false_palms(detector, empty, on_progress),
            frames if frames and frames.pictures else None,
        )
        for file, detector, deviation, frames in zip(networks, detectors, deviations, moving, strict=True)
    ]
    for result in results[1:]:
        result.problem = _problem(result, results[0], least_recall)
    return results


def record(
    bank: Manifest, results: Sequence[DetectorFigures], data: str, boxes: str, empty: str = ""
) -> Manifest:
    """Add the measurements to a bank, and leave out the new files that are not good enough.

    The held-back pictures are named data, the marked ones boxes, those without a hand empty.
    """
    by_file = {result.file: result for result in results}
    bad = {result.file for result in results if result.problem}
    good = tuple(
        replace(info, variants=tuple(one for one in info.variants if one.file not in bad))
        for info in bank.detectors
        if info.name != PRUNED or info.file not in bad
    )

    def recorded(info: File) -> File:
        result = by_file.get(info.file)
        if result is None:
            return info
        profile = result.times.profile(result.provider, _THREADS)
        return with_latency(with_accuracy(info, *_accuracy(result, data, boxes, empty)), profile)

    return replace(bank, detectors=good).with_each_file(recorded)


def _score_shifts(
    dense: onnx.ModelProto, pruned: onnx.ModelProto, empty: Sequence[Picture]
) -> tuple[float, float]:
    """Choose what is added to the scores of a pruned detector in fp32, and before INT8 is made of it."""
    if not empty:
        return 0.0, 0.0
    made = (dense, pruned, with_integer_projections(fold_kinks(pruned)))
    allowed, *found = (highest_logits(open_detector(one, "compared"), empty) for one in made)
    most_false = int(_FALSE_SHARE * (allowed > 0).sum())
    first, second = (false_palm_shift(one, most_false) for one in found)
    return first, second


def _with_int8(info: NetworkInfo, model: onnx.ModelProto, made: Networks) -> NetworkInfo:
    """Make the INT8 variant of a detector."""
    file = info.file.removesuffix(".onnx") + "_int8.onnx"
    made[file] = with_integer_projections(model)
    method = "1x1 convolutions in INT8: weights by channel, inputs by picture"
    return with_variant(
        info, file, serialized(made[file]), "int8", source={"file": info.file, "method": method}
    )


def _problem(result: DetectorFigures, dense: DetectorFigures, least_recall: float) -> str:
    """Say why a detector is not good enough; "" if it is."""
    for one, where in ((result.deviation, "pictures held out"), (result.clips, "the clips")):
        if one and one.palms and one.lost > (1 - _LEAST_COMMON) * one.palms:
            return f"it loses {one.lost} of the dense detector's {one.palms} palms in {where}"
    if dense.recalls:
        found, expected = total(result.recalls).recall, total(dense.recalls).recall
        if found < least_recall * expected:
            return f"its recall is {100 * found:.2f} %, the dense detector's {100 * expected:.2f} %"
    return ""


def _accuracy(result: DetectorFigures, data: str, boxes: str, empty: str) -> list[Accuracy]:
    """Return the figures of one file as bank.json has them."""
    figures = []
    if result.recalls:
        found = total(result.recalls)
        figures.append((RECALL, boxes, 100 * found.recall, found.pictures))
        figures.append((PRECISION, boxes, 100 * found.precision, found.pictures))
    if result.deviation and np.isfinite(result.deviation.offset_p50):
        figures.append((OFFSET, data, result.deviation.offset_p50, result.deviation.pictures))
    if result.false.pictures:
        figures.append((FALSE_PALMS, empty, 100 * result.false.share, result.false.pictures))
    return [
        new_accuracy(name, value, samples, result.provider, metric)
        for metric, name, value, samples in figures
    ]
