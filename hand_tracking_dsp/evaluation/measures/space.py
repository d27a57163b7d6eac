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

"""Accuracy of hands in space, in millimetres, and the constancy of their bones over frames."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.depth.types import Hand3d, JointState
from hand_tracking_dsp.evaluation.matching import match_hands, match_in_space
from hand_tracking_dsp.evaluation.statistics import mean_or_nan
from hand_tracking_dsp.hand import FINGERS, Joint
from hand_tracking_dsp.tracking.depth_view import Intrinsics
from hand_tracking_dsp.tracking.types import Floats

NEAR_MM = (20, 40)
"""Thresholds of the share of hands with all joints near, millimetres."""

STATES = ("measured", "inferred", "unknown")
"""Words for the states of joints."""

BONE_FRAMES = 10
"""Frames of a hand from which on its bones are compared with their means before."""

_CHAINS = np.array([(Joint.WRIST, *finger) for finger in FINGERS])
_STARTS, _ENDS = _CHAINS[:, :-1].ravel(), _CHAINS[:, 1:].ravel()


@dataclass(frozen=True, slots=True)
class SpaceFrame:
    """Hands of one frame in space.

    Attributes:
        hands: The hands; those of which depth says nothing have unknown joints.
        landmarks: float32 [21, 2 or more] of each of them in the image, pixels.
        truth: True hands in space, whose state MEASURED says that the camera sees a joint; None: not known.
        truth_landmarks: float32 [21, 2 or more] of each of them in the image, pixels.
    """

    hands: Sequence[Hand3d]
    landmarks: Sequence[Floats]
    truth: Sequence[Hand3d] | None = None
    truth_landmarks: Sequence[Floats] = ()

    @classmethod
    def projected(
        cls,
        hands: Sequence[Hand3d],
        landmarks: Sequence[Floats],
        truth: Sequence[Hand3d] | None,
        camera: Intrinsics,
    ) -> SpaceFrame:
        """Make one where the camera says where true hands lie; those not wholly before it are left out."""
        if truth is None:
            return cls(hands, landmarks)
        seen = [hand for hand in truth if _is_before_camera(hand)]
        return cls(hands, landmarks, seen, [camera.project(hand.joints_m) for hand in seen])


class SpaceMeasures:
    """Measures frames of one recording, in order."""

    def __init__(self) -> None:
        # Frames of each track, and the sums of its bones' lengths over them.
        self._bones: dict[int, tuple[int, NDArray[np.float64]]] = {}

    def update(self, frame: SpaceFrame) -> dict[str, float]:
        """Add a frame; returns fields of FrameRow."""
        states = np.concatenate([hand.states for hand in frame.hands]) if frame.hands else np.zeros(0)
        result: dict[str, float] = {
            "measured_joints": int((states == JointState.MEASURED).sum()),
            "inferred_joints": int((states == JointState.INFERRED).sum()),
            "unknown_joints": int((states == JointState.UNKNOWN).sum()),
        }
        deviations = [one for hand in frame.hands if (one := self._bone_deviation(hand)) is not None]
        if deviations:
            result |= {"bone_deviation_percent": mean_or_nan(deviations), "bone_hands": len(deviations)}
        if frame.truth is not None:
            result |= _errors(frame, frame.truth)
        return result

    def _bone_deviation(self, hand: Hand3d) -> float | None:
        """Compare bones with their means on the track's frames before, %; None where too few are known."""
        joints = hand.joints_m.astype(np.float64)
        lengths = np.linalg.norm(joints[_ENDS] - joints[_STARTS], axis=1)
        if not np.isfinite(lengths).all():
            return None
        count, total = self._bones.get(hand.track_id, (0, np.zeros(len(lengths))))
        self._bones[hand.track_id] = count + 1, total + lengths
        if count < BONE_FRAMES:
            return None
        means = total / count
        return float(100 * np.mean(np.abs(lengths - means) / means))


def from_recorded(
    hands: Sequence[Hand3d] | None, recorded: Sequence[Hand3d], truth: Sequence[Hand3d] | None
) -> dict[str, float]:
    """Compare the hands in space that were published when a bag was recorded with others of their image.

    Args:
        hands: Hands in space that were found again; None: none were looked for.
        recorded: Those that were published, all in the camera's optical frame.
        truth: True ones; None: not known.

    Returns:
        Fields of FrameRow: agreement with hands, and errors against truth, each by the recorded states.
    """
    result: dict[str, float] = {}
    if hands is not None:
        placed, known = ([one for one in some if one.states.any()] for some in (hands, recorded))
        pairs = match_in_space(known, placed)
        result["recorded_3d_same"] = float(len(pairs) == len(placed) == len(known))
        agreement = _distances_mm((known[i], placed[j]) for i, j in pairs)
        result |= _of_states(agreement, "recorded_{}_joints", "recorded_{}_3d_mm")
    if truth is not None:
        errors = _distances_mm((recorded[i], truth[j]) for i, j in match_in_space(recorded, truth))
        every = [one for some in errors.values() for one in some]
        result |= {"recorded_joints_3d": len(every), "recorded_error_3d_mm": mean_or_nan(every)}
        result |= _of_states(errors, "recorded_{}_joints_3d", "recorded_{}_error_3d_mm")
    return result


def _distances_mm(pairs: Iterable[tuple[Hand3d, Hand3d]]) -> dict[str, list[float]]:
    """Return the distances of joints that both hands of a pair know, mm, by their states in the first."""
    found: dict[str, list[float]] = {"measured": [], "inferred": []}
    for hand, other in pairs:
        distances = 1e3 * np.linalg.norm(hand.joints_m - other.joints_m, axis=1)
        for name, state in (("measured", JointState.MEASURED), ("inferred", JointState.INFERRED)):
            found[name] += distances[np.isfinite(distances) & (hand.states == state)].tolist()
    return found


def _of_states(distances: dict[str, list[float]], counts: str, means: str) -> dict[str, float]:
    """Return the number and mean of distances by state, under names that are made of it."""
    numbers: dict[str, float] = {counts.format(state): len(some) for state, some in distances.items()}
    return numbers | {means.format(state): mean_or_nan(some) for state, some in distances.items()}


def _errors(frame: SpaceFrame, truth: Sequence[Hand3d]) -> dict[str, float]:
    """Compare the hands of a frame with the true ones that they lie on in the image."""
    errors, seen = [], []
    near, found = [0] * len(NEAR_MM), 0
    pairs = match_hands(frame.landmarks, frame.truth_landmarks)
    for i, j in pairs:
        distances = 1e3 * np.linalg.norm(frame.hands[i].joints_m - truth[j].joints_m, axis=1)
        known = np.isfinite(distances)
        found += bool(known.any())
        errors += distances[known].tolist()
        seen += distances[known & (truth[j].states == JointState.MEASURED)].tolist()
        near = [count + bool(distances.max() <= limit) for count, limit in zip(near, NEAR_MM, strict=True)]
    return {
        "true_hands_3d": len(truth),
        "found_3d": found,
        "joints_3d": len(errors),
        "error_3d_mm": mean_or_nan(errors),
        "visible_joints_3d": len(seen),
        "visible_error_3d_mm": mean_or_nan(seen),
        **_of_states(
            _distances_mm((frame.hands[i], truth[j]) for i, j in pairs), "{}_joints_3d", "{}_error_3d_mm"
        ),
        **{f"near_{limit}_mm": count for limit, count in zip(NEAR_MM, near, strict=True)},
    }


def _is_before_camera(hand: Hand3d) -> bool:
    return bool(np.isfinite(hand.joints_m).all() and (hand.joints_m[:, 2] > 0).all())
