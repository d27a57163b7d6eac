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

"""Gestures of a user's own, by example: learned from a few dozen hands, kept in a YAML file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from hand_tracking_dsp.documents import read_text
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.files import write_text
from hand_tracking_dsp.gestures.features import VECTOR_LENGTH, HandFeatures, ramp
from hand_tracking_dsp.gestures.types import BUILT_IN, RESERVED
from hand_tracking_dsp.yaml_documents import parse_yaml

_VERSION = 1
_MOST_BYTES = 1_000_000
_MOST_GESTURES = 64
_MOST_EXAMPLES = 100
_LARGEST = 1000.0
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
# Where a hand comes to the pose or leaves it, it does not show it: this share of samples is left out.
_STRAY_SHARE = 0.1
_KEPT_EXAMPLES = 30
_LEAST_SAMPLES = 5
# Half of another person's hands lie within 11 degrees of one person's examples, while most hands with other
# gestures are 17 away and more (docs/gesture_rules.md).
_LEAST_TOLERANCE_DEG = 14.0
_MOST_TOLERANCE_DEG = 18.0
_SPREAD_SHARE = 95.0
_SPREAD_FACTOR = 1.5


@dataclass(frozen=True, slots=True)
class OwnGesture:
    """A gesture by example.

    Attributes:
        name: Small letters, digits and underscores.
        examples: HandFeatures.vector of each.
        tolerance_deg: Distance from the nearest example at which the score is 0.5, degrees.
    """

    name: str
    examples: tuple[tuple[float, ...], ...]
    tolerance_deg: float

    def distance_deg(self, vector: NDArray[np.float64]) -> float:
        """Measure how far a hand is from the nearest example: root of the mean square, degrees."""
        return float(_distances(np.asarray(self.examples), vector).min())

    def score(self, features: HandFeatures) -> float:
        """Say how well a hand fits: 1 up to half the tolerance, 0.5 at it, 0 from one and a half on."""
        distance = self.distance_deg(features.vector())
        return ramp(distance, 1.5 * self.tolerance_deg, 0.5 * self.tolerance_deg)

    def overlap(self, other: OwnGesture) -> float:
        """Give the share of the other's examples, 0 to 1, that would be read as this gesture."""
        near = [self.distance_deg(np.asarray(vector)) <= self.tolerance_deg for vector in other.examples]
        return sum(near) / len(near)

    def consistency(self) -> float:
        """Give the largest share of the examples, 0 to 1, that lie within the tolerance of one of them."""
        examples = np.asarray(self.examples)
        near = [float((_distances(examples, one) <= self.tolerance_deg).mean()) for one in examples]
        return max(near)


def learn_gesture(name: str, samples: Sequence[HandFeatures]) -> OwnGesture:
    """Make a gesture of samples of it, in the order of time.

    The tenth of the samples that is furthest from their median is left out; of the rest at most 30 are kept,
    evenly in time. The tolerance is 1.5 times the 95th percentile of their distances from their nearest
    neighbours, from 14 to 18 degrees.

    Args:
        name: Small letters, digits and underscores, no name of a built-in gesture or event.
        samples: At least 5.

    Raises:
        ConfigurationError: The name cannot be used, or the samples are too few.
    """
    check_name(name)
    if len(samples) < _LEAST_SAMPLES:
        msg = (
            f"Only {len(samples)} images show a hand, and {name} needs {_LEAST_SAMPLES}: hold it in view "
            f"for longer."
        )
        raise ConfigurationError(msg)
    # Of a hand seen along its palm, lengths in palm sizes have no bounds.
    vectors = np.minimum([sample.vector() for sample in samples], _LARGEST)
    off = _distances(vectors, np.median(vectors, axis=0))
    steady = vectors[off <= np.quantile(off, 1 - _STRAY_SHARE)]
    places = np.linspace(0, len(steady) - 1, min(len(steady), _KEPT_EXAMPLES)).round().astype(int)
    kept = steady[places].round(1)
    others = np.array([np.sort(_distances(kept, vector))[1] for vector in kept])
    tolerance = _SPREAD_FACTOR * float(np.percentile(others, _SPREAD_SHARE))
    return OwnGesture(
        name=name,
        examples=tuple(tuple(map(float, vector)) for vector in kept),
        tolerance_deg=round(min(max(tolerance, _LEAST_TOLERANCE_DEG), _MOST_TOLERANCE_DEG), 1),
    )


def load_gestures(path: Path) -> tuple[OwnGesture, ...]:
    """Read a file of gestures by example.

    Raises:
        ConfigurationError: It cannot be read, is too large, or is not of the form that save_gestures writes.
    """
    try:
        content = parse_yaml(read_text(path, _MOST_BYTES))
    except OSError as error:
        raise _refusal(path, f"cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise _refusal(path, "is not YAML without aliases") from error
    if not isinstance(content, dict) or content.get("version") != _VERSION:
        raise _refusal(path, f"does not say version: {_VERSION}")
    entries = content.get("gestures")
    if not isinstance(entries, list) or len(entries) > _MOST_GESTURES:
        raise _refusal(path, f"has no list of at most {_MOST_GESTURES} gestures")
    gestures = tuple(_gesture(path, entry) for entry in entries)
    names = [gesture.name for gesture in gestures]
    if len(set(names)) < len(names):
        raise _refusal(path, "names a gesture twice")
    return gestures


def save_gestures(path: Path, gestures: Sequence[OwnGesture]) -> None:
    """Write a file of gestures by example, through a temporary name.

    Raises:
        ConfigurationError: They are more than load_gestures takes.
        OutputError: It cannot be written.
    """
    if len(gestures) > _MOST_GESTURES:
        msg = f"{path} would hold more than {_MOST_GESTURES} gestures: name another file."
        raise ConfigurationError(msg)
    entries = [
        {
            "name": gesture.name,
            "tolerance_deg": gesture.tolerance_deg,
            "examples": [list(vector) for vector in gesture.examples],
        }
        for gesture in gestures
    ]
    content = {"version": _VERSION, "gestures": entries}
    write_text(path, yaml.safe_dump(content, sort_keys=False, default_flow_style=None, width=110))


def check_name(name: str) -> None:
    """Refuse a name that an own gesture cannot have.

    Raises:
        ConfigurationError: It cannot.
    """
    if not _NAME.fullmatch(name):
        msg = f"'{name}' cannot name a gesture: use up to 40 small letters, digits and underscores."
        raise ConfigurationError(msg)
    if name in BUILT_IN or name in RESERVED:
        msg = f"The name {name} is taken by a built-in gesture or event: choose another one."
        raise ConfigurationError(msg)


def _gesture(path: Path, entry: Any) -> OwnGesture:  # noqa: ANN401 (whatever YAML can hold)
    name = entry.get("name") if isinstance(entry, dict) else None
    if not isinstance(name, str):
        raise _refusal(path, "has a gesture without a name")
    check_name(name)
    tolerance, examples = entry.get("tolerance_deg"), entry.get("examples")
    if not (_is_number(tolerance) and 0 < tolerance <= _LARGEST):
        raise _refusal(path, f"gives {name} no tolerance_deg above 0")
    if not isinstance(examples, list) or not 1 <= len(examples) <= _MOST_EXAMPLES:
        raise _refusal(path, f"gives {name} no list of 1 to {_MOST_EXAMPLES} examples")
    for example in examples:
        if (
            not isinstance(example, list)
            or len(example) != VECTOR_LENGTH
            or not all(map(_is_number, example))
        ):
            raise _refusal(path, f"has an example of {name} that is not {VECTOR_LENGTH} numbers")
    return OwnGesture(name, tuple(tuple(map(float, example)) for example in examples), float(tolerance))


def _is_number(value: Any) -> bool:  # noqa: ANN401
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number and abs(value) <= _LARGEST


def _refusal(path: Path, what: str) -> ConfigurationError:
    msg = f"The gestures' file {path} {what}: correct it, or record a new one with gesture record --out."
    return ConfigurationError(msg)


def _distances(vectors: NDArray[np.float64], vector: NDArray[np.float64]) -> NDArray[np.float64]:
    result: NDArray[np.float64] = np.sqrt(((vectors - vector) ** 2).mean(axis=1))
    return result
