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

"""Refits the linear heads of a network, whatever lies before them: fp32 or INT8.

The heads are fitted to the difference between the dense network's outputs and their own: ridge regression,
so that a large ridge changes nothing and few pictures cannot spoil a network. Its strength is found by
cross-validation over scenes. Crops on which a network is far off count less (Cauchy's weights):
there the dense network is often lost itself.

A network whose input has another size than the crops is fitted in pixels of its own input.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import onnx
from numpy.typing import NDArray

from hand_tracking_dsp.compression.adapt.pictures import LabelledCrops
from hand_tracking_dsp.compression.data.crops import SIZE
from hand_tracking_dsp.compression.input_size import input_side
from hand_tracking_dsp.compression.onnx_graph import Graph, attributes_of, read_weights, write_weights
from hand_tracking_dsp.compression.quantization.observation import run_through
from hand_tracking_dsp.hand import JOINT_COUNT, Joint
from hand_tracking_dsp.tracking.composition.onnx_changes import copied
from hand_tracking_dsp.tracking.geometry import in_size

Doubles = NDArray[np.float64]

# Strengths of the ridge, in shares of the features' mean square.
_RIDGES = tuple(float(value) for value in 10.0 ** np.arange(-2, 3.5, 0.5))
_FOLDS = 5
# Deviation, in % of palm size, at which a crop counts half.
_FAR = 5.0
# Presence and handedness are left alone: hands alone say nothing of places without one.
_HEADS = {"landmarks": 2, "world_landmarks": 3}
"""The heads, and the number of coordinates in a joint's deviation; image depth is a guess."""


class _Head(NamedTuple):
    """A head's weights [n, 63] and bias [63] by the names of their initializers."""

    output: str
    weight: str
    bias: str
    features: str
    transposed: bool


def refit_heads(model: onnx.ModelProto, labelled: LabelledCrops) -> onnx.ModelProto | None:
    """Refit the heads of image and world landmarks, linear layers in float.

    Returns:
        The network with other heads; None where its heads are not of that form, or nothing can be learned.
    """
    heads = _find_heads(model)
    chosen = np.flatnonzero(labelled.hands)
    if heads is None:
        return None
    side = input_side(model)
    images = [in_size(image, side) for image in labelled.crops.images[chosen]]
    features, outputs = _run(model, heads, images)
    groups = [labelled.crops.groups[i] for i in chosen]
    folds = _folds(groups)
    labels = labelled.labels
    wanted = {"landmarks": labels.landmarks * (side / SIZE), "world_landmarks": labels.world_landmarks}
    weights, changed = read_weights(model), {}
    for head in heads:
        target = wanted[head.output][chosen].astype(np.float64)
        rest = target.reshape(len(chosen), -1) - outputs[head.output]
        found = _regress(features, rest, _palms(target, _HEADS[head.output]), folds, _HEADS[head.output])
        if found is None:
            continue
        matrix, offset = found
        old = weights[head.weight].astype(np.float64)
        changed[head.weight] = (old + (matrix.T if head.transposed else matrix)).astype(np.float32)
        changed[head.bias] = (weights[head.bias].astype(np.float64) + offset).astype(np.float32)
    if not changed:
        return None
    refitted = copied(model)
    write_weights(refitted, changed)
    return refitted


def _find_heads(model: onnx.ModelProto) -> list[_Head] | None:
    graph, weights = Graph(model), read_weights(model)
    heads = []
    for output in _HEADS:
        node = graph.nodes.get(output)
        if node is None or node.op_type != "Gemm" or len(node.input) != 3:
            return None
        if any(name not in weights or weights[name].dtype != np.float32 for name in node.input[1:]):
            return None
        transposed = bool(attributes_of(node).get("transB"))
        heads.append(_Head(output, node.input[1], node.input[2], node.input[0], transposed))
    return heads if len({head.features for head in heads}) == 1 else None


def _run(
    model: onnx.ModelProto, heads: list[_Head], images: Sequence[NDArray[np.uint8]]
) -> tuple[Doubles, dict[str, Doubles]]:
    """Return the inputs of the heads, [n, features], and their outputs, [n, 63] each."""
    names = [heads[0].features, *(head.output for head in heads)]
    rows = list(run_through(model, images, names))
    found = {name: np.concatenate([row[name] for row in rows]).astype(np.float64) for name in names}
    return found.pop(heads[0].features), found


def _regress(
    features: Doubles, rest: Doubles, palms: Doubles, folds: NDArray[np.int64], axes: int
) -> tuple[Doubles, Doubles] | None:
    """Explain by the features what is missing; None where that does not hold on other scenes.

    Returns:
        (weights to add [features, 63], biases to add [63]).
    """
    deviation = _deviation(rest, palms, axes)
    counts = 1 / (palms**2 * (1 + (deviation / _FAR) ** 2))
    counts /= counts.mean()
    mean = np.average(features, axis=0, weights=counts)
    centred = features - mean
    # A bias that is as hard to move as a weight.
    unit = float(np.sqrt(np.mean(centred**2))) or 1.0
    rows = np.concatenate([centred, np.full((len(centred), 1), unit)], axis=1)
    errors = np.zeros(len(_RIDGES))
    for fold in np.unique(folds):
        inside = folds != fold
        for i, found in enumerate(_ridges(rows[inside], rest[inside], counts[inside], _RIDGES)):
            errors[i] += _deviation(rest[~inside] - rows[~inside] @ found, palms[~inside], axes).sum()
    best = int(np.argmin(errors))
    if errors[best] >= deviation.sum():
        return None
    (found,) = _ridges(rows, rest, counts, (_RIDGES[best],))
    return found[:-1], found[-1] * unit - mean @ found[:-1]


def _ridges(rows: Doubles, rest: Doubles, counts: Doubles, ridges: tuple[float, ...]) -> list[Doubles]:
    """Solve min Σ count |rest - rows W|² + r |W|² for every r, with one decomposition."""
    weighted = rows * counts[:, None]
    values, vectors = np.linalg.eigh(weighted.T @ rows)
    projected = vectors.T @ (weighted.T @ rest)
    mean = values.mean()
    return [vectors @ (projected / (np.maximum(values, 0)[:, None] + ridge * mean)) for ridge in ridges]


def _deviation(rest: Doubles, palms: Doubles, axes: int) -> Doubles:
    """Mean distance of the joints, % of palm size: [n]."""
    joints = rest.reshape(len(rest), JOINT_COUNT, 3)[:, :, :axes]
    mean: Doubles = 100 * np.linalg.norm(joints, axis=2).mean(axis=1) / palms
    return mean


def _palms(target: Doubles, axes: int) -> Doubles:
    away = target[:, Joint.WRIST, :axes] - target[:, Joint.MIDDLE_MCP, :axes]
    size: Doubles = np.maximum(np.linalg.norm(away, axis=1), 1e-6)
    return size


def _folds(groups: list[str]) -> NDArray[np.int64]:
    """Give the scenes to folds in turn; where there are too few, runs of neighbours."""
    names = sorted(set(groups))
    if len(names) < _FOLDS:
        return np.arange(len(groups)) * _FOLDS // len(groups)
    return np.array([names.index(group) % _FOLDS for group in groups])
