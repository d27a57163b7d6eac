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

"""The near detector of a bank: a palm network with a smaller input, for places where a hand is likely.

The palm network is convolutional, so that it runs on an input of any size that its strides divide. In a place
little larger than a hand, the hand is as large in a small input as hands of a whole image are in a large one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import onnx

from hand_tracking_dsp.compression.bank.entries import (
    new_accuracy,
    new_near,
    with_accuracy,
    with_latency,
)
from hand_tracking_dsp.compression.bank.files import read_model
from hand_tracking_dsp.compression.bank.model_size import sizes
from hand_tracking_dsp.compression.bank.timing import Times, grey_runs, time_in_turn
from hand_tracking_dsp.compression.onnx_graph import read_weights, write_weights
from hand_tracking_dsp.compression.palm.detector import open_detector
from hand_tracking_dsp.compression.palm.recall import MOST_PALMS
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.tracking.anchors import INPUT_SIZE
from hand_tracking_dsp.tracking.backends import RuntimeOptions, open_session
from hand_tracking_dsp.tracking.composition.onnx_changes import copied, serialized
from hand_tracking_dsp.tracking.geometry import overlap, region_from_palm
from hand_tracking_dsp.tracking.manifest import Manifest
from hand_tracking_dsp.tracking.motion import Square
from hand_tracking_dsp.tracking.network_info import FileInfo, NearInfo, NetworkInfo
from hand_tracking_dsp.tracking.search import LOST_SCALE
from hand_tracking_dsp.tracking.types import Image, PalmDetection, Region

SIZES = (96, 128, 160)
"""Sides of the input that are measured, pixels; one of them can be chosen."""

FOUND = "near_found_percent"
"""Metric: share of the palms that the network with the smaller input finds in places around them, in %."""

OFFSET = "near_offset_palm_percent"
"""Metric: mean distance of those palms from where the whole network finds them, in % of a palm's side."""

_RUNTIME = RuntimeOptions("onnxruntime", ("cpu",), threads=1)
# Boxes of each cell of the two grids, in the outputs' order.
_BOXES_BY_STRIDE = {8: 2, 16: 6}
# A palm is found by one whose box overlaps its own by more than this, or whose centre is as near, in sides.
_SAME = 0.5
# Furthest that a palm's region is drawn from the middle of a place along each axis, in sizes of the region.
_SHIFT = 0.5


@dataclass(frozen=True, slots=True)
class NearFigures:
    """Measurements of a palm network with one size of input.

    Attributes:
        size: Side of the input, pixels.
        provider: What ran it, as Session.provider.
        times: Times of one run, one thread.
        places: Number of places looked at, each around a palm.
        found: Number of these palms that were found.
        offset: Mean distance of the centres of those found, in % of the palm's side; NaN without any.
    """

    size: int
    provider: str
    times: Times
    places: int
    found: int
    offset: float

    @property
    def percent(self) -> float:
        """Share of the palms that were found, in %; NaN without any place."""
        return 100 * self.found / self.places if self.places else math.nan


def choose_file(detector: NetworkInfo) -> FileInfo:
    """Return the file of a palm detector that a near one is made of: in INT8 where it has such a variant."""
    return next((one for one in detector.variants if one.precision == "int8"), detector)


def resized(model: onnx.ModelProto, size: int) -> onnx.ModelProto:
    """Return a palm network with another size of input.

    Args:
        model: Palm network with the float input of 192x192 pixels.
        size: Side of the new input, pixels, a multiple of 32.

    Raises:
        ModelError: The network's lists of boxes are not made as those of MediaPipe's networks are.
    """
    result = copied(model)
    for side in result.graph.input[0].type.tensor_type.shape.dim[2:]:
        side.dim_value = size
    boxes = {_boxes(INPUT_SIZE, stride): _boxes(size, stride) for stride in _BOXES_BY_STRIDE}
    for output in result.graph.output:
        output.type.tensor_type.shape.dim[1].dim_value = sum(boxes.values())
    weights = read_weights(result)
    shapes = {}
    for node in result.graph.node:
        if node.op_type != "Reshape":
            continue
        shape = weights.get(node.input[1])
        if shape is None or len(shape) != 3 or int(shape[1]) not in boxes:
            msg = (
                f"The palm network's {node.output[0]} is no list of the boxes of one grid, so that its input "
                f"cannot be made smaller: take one that was made of MediaPipe's."
            )
            raise ModelError(msg)
        shapes[node.input[1]] = np.array([shape[0], boxes[int(shape[1])], shape[2]], shape.dtype)
    write_weights(result, shapes)
    del result.graph.value_info[:]
    return result


def measure_near(
    model: onnx.ModelProto,
    images: Iterable[Image],
    seed: int = 0,
    runs: int = 100,
    on_progress: Callable[[], None] | None = None,
) -> list[NearFigures]:
    """Measure what a palm network finds in likely places at each of SIZES, and at its own size.

    The palms are those that it finds at its own size in whole images; the places are drawn around them as
    the tracker looks for a hand that it has lost and that has moved by up to half its region.

    Args:
        model: Palm network with the float input.
        images: uint8 [height, width, 3], BGR.
        seed: Seed of the places.
        runs: Timed runs of each, at least 1.
        on_progress: Called after each image.

    Returns:
        The figures, by size, those of the network's own size last.

    Raises:
        BackendError: ONNX Runtime refuses the network.
        ModelError: Its input cannot be made smaller.
    """
    networks = {size: resized(model, size) for size in (*SIZES, INPUT_SIZE)}
    sessions = [open_session(serialized(one), f"palm {size}", _RUNTIME) for size, one in networks.items()]
    times = time_in_turn(grey_runs(sessions), runs)
    detectors = {size: open_detector(one, f"palm {size}", _RUNTIME) for size, one in networks.items()}
    offsets: dict[int, list[float]] = {size: [] for size in detectors}
    places = 0
    random = np.random.default_rng(seed)
    for image in images:
        for palm in detectors[INPUT_SIZE].detect(image, "bgr", MOST_PALMS):
            place = draw_place(region_from_palm(palm), random)
            places += 1
            for size, detector in detectors.items():
                offset = _offset(palm, detector.detect(image, "bgr", MOST_PALMS, place=place))
                offsets[size] += [] if offset is None else [offset]
        if on_progress:
            on_progress()
    return [
        NearFigures(size, detectors[size].provider, time, places, len(found), _mean_percent(found))
        for (size, found), time in zip(offsets.items(), times, strict=True)
    ]


def draw_place(region: Region, random: np.random.Generator) -> Square:
    """Draw a place in which the tracker might look for a hand that it knew somewhere near a region."""
    x, y = random.uniform(-_SHIFT, _SHIFT, 2) * region.size
    return Square(region.x + x, region.y + y, LOST_SCALE * region.size)


def with_near(
    bank: Manifest, detector: str, size: int, figures: Sequence[NearFigures], data: str
) -> tuple[Manifest, Mapping[str, bytes]]:
    """Give a bank a near detector, made of one of its palm detectors.

    Args:
        bank: The bank.
        detector: Name of the palm detector; the bank's first where it is empty.
        size: Side of the input, pixels.
        figures: Measurements of the network, of which those of this size are recorded.
        data: Name of the pictures they were made on.

    Returns:
        The bank, and the content of the new file by its name.

    Raises:
        ModelError: The bank has no such detector, or its input cannot be made smaller.
    """
    original = bank.detector(detector)
    info = choose_file(original)
    model = resized(read_model(bank, info), size)
    content = serialized(model)
    suffix = "" if info.precision == "fp32" else f"_{info.precision}"
    near = new_near(
        f"{original.name}_{size}",
        f"palm_{original.name}_{size}{suffix}.onnx",
        content,
        size,
        info.precision,
        source={
            "file": info.file,
            "sha256": info.computes,
            "method": f"input of {size} instead of {INPUT_SIZE} pixels, weights unchanged",
        },
        **sizes(resized(read_model(bank, original), size)),  # integer products are not counted
    )
    for one in figures:
        if one.size == size:
            near = _recorded(near, one, data)
    return replace(bank, near_detector=near), {near.file: content}


def _recorded(near: NearInfo, figures: NearFigures, data: str) -> NearInfo:
    values = {FOUND: figures.percent, OFFSET: figures.offset}
    measured = (
        new_accuracy(data, value, figures.places, figures.provider, metric)
        for metric, value in values.items()
        if math.isfinite(value)
    )
    near = with_accuracy(near, *measured)
    return with_latency(near, figures.times.profile(figures.provider, _RUNTIME.threads))


def _boxes(size: int, stride: int) -> int:
    """Return the number of boxes of a grid in an input of a size."""
    return (size // stride) ** 2 * _BOXES_BY_STRIDE[stride]


def _offset(palm: PalmDetection, others: Sequence[PalmDetection]) -> float | None:
    """Return the distance of a palm from the same one among others, in its sides; None: it is not there."""
    box = _box(palm)
    distances = []
    for other in map(_box, others):
        distance = math.hypot(other.x - box.x, other.y - box.y) / max(box.size, 1e-6)
        if overlap(box, other) > _SAME or distance < _SAME:
            distances.append(distance)
    return min(distances, default=None)


def _box(palm: PalmDetection) -> Region:
    left, top, right, bottom = palm.box.tolist()
    return Region((left + right) / 2, (top + bottom) / 2, max(right - left, bottom - top), 0.0)


def _mean_percent(offsets: Sequence[float]) -> float:
    return 100 * float(np.mean(offsets)) if offsets else math.nan
