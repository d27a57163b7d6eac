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

"""Accuracy of the tracked hands of one frame against the true ones."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from hand_tracking_dsp.evaluation.matching import match_hands
from hand_tracking_dsp.evaluation.statistics import mean_or_nan
from hand_tracking_dsp.hand import JOINT_COUNT, Handedness
from hand_tracking_dsp.recordings.truth import Box, TrueHand, boxes_overlap, joints_box
from hand_tracking_dsp.tracking.geometry import palm_size
from hand_tracking_dsp.tracking.types import Floats, TrackedHand

Pairs = list[tuple[TrackedHand, TrueHand, Floats]]
"""Tracked hands, the true hands that they are, and those' joints, float32 [21, 2 or more], pixels."""

BOX_OVERLAP = 0.5
"""Intersection over union from which on a box counts as met."""

SKIN_MARGIN = 0.12
"""Distance, in palm sizes, by which joints lie inside the box that a person draws around a hand: on 1,272
photos of one person with such boxes the mean overlap is highest there."""

PCK_SHARES = (0.05, 0.1, 0.2)
"""Distances within which a joint counts as met, in shares of the longer side of its hand's box."""

_PCK = np.array(PCK_SHARES)[:, None]
# A product with this is the mean over joints: numpy's mean takes ten times as long on so few.
_EACH = np.full(JOINT_COUNT, 1 / JOINT_COUNT, dtype=np.float32)


def accuracy(hands: Sequence[TrackedHand], truth: Sequence[TrueHand], pairs: Pairs) -> dict[str, float]:
    """Compare the hands of one frame with the true ones.

    Args:
        hands: Tracked hands.
        truth: Everything known of the hands in view; empty: it is known that there is none.
        pairs: Result of matched(hands, truth).

    Returns:
        Fields of FrameRow: those of true joints where every true hand has them, those of boxes where every
        true hand has one (or joints).
    """
    result: dict[str, float] = {}
    if all(hand.joints_px is not None for hand in truth):
        result |= _joints(truth, pairs)
    if all(hand.outline is not None for hand in truth):
        result |= _boxes(hands, truth)
    return result


def matched(hands: Sequence[TrackedHand], truth: Sequence[TrueHand]) -> Pairs:
    """Return the pairs of tracked and true hand, by their joints; none where joints are not known."""
    known = [(hand, hand.joints_px) for hand in truth if hand.joints_px is not None]
    pairs = match_hands([hand.landmarks for hand in hands], [joints for _, joints in known])
    return [(hands[i], *known[j]) for i, j in pairs]


def procrustes(points: Floats, reference: Floats) -> Floats:
    """Move, turn and scale points so that they lie nearest to a reference.

    Least squares over all points, without mirroring (S. Umeyama, "Least-squares estimation of
    transformation parameters between two point patterns", IEEE PAMI 13(4), 1991).

    Args:
        points: float [n, 3].
        reference: float [n, 3].

    Returns:
        float [n, 3].
    """
    share = np.full(len(points), 1 / len(points), dtype=points.dtype)
    middle, target = share @ points, share @ reference
    p, r = points - middle, reference - target
    u, singular, vt = np.linalg.svd(r.T @ p)
    signs = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    spread = float(np.vdot(p, p))
    scale = float((singular * signs).sum()) / spread if spread > 0 else 1.0
    moved: Floats = scale * p @ (u * signs @ vt).T + target
    return moved


def _joints(truth: Sequence[TrueHand], pairs: Pairs) -> dict[str, float]:
    pixels, percents, worlds, aligned = [], [], [], []
    met = np.zeros(len(PCK_SHARES))
    for hand, true, joints_px in pairs:
        difference = hand.landmarks[:, :2] - joints_px[:, :2]
        distances = np.hypot(difference[:, 0], difference[:, 1])
        pixels.append(float(distances @ _EACH))
        percents.append(100 * pixels[-1] / palm_size(joints_px))
        left, top, right, bottom = joints_box(joints_px)
        side = max(right - left, bottom - top)
        met += (distances[None] <= _PCK * side) @ _EACH
        if true.joints_m is not None:
            worlds.append(_world_mm(hand.world_landmarks, true.joints_m))
            aligned.append(_mean_mm(procrustes(hand.world_landmarks, true.joints_m) - true.joints_m))
    # A joint of a hand that was not found is not met.
    shares = met / len(truth) if truth else np.full(len(PCK_SHARES), math.nan)
    sided = [(hand, true) for hand, true, _ in pairs if true.handedness != Handedness.UNKNOWN]
    return {
        "true_hands": len(truth),
        "found": len(pairs),
        "error_px": mean_or_nan(pixels),
        "error_palm_percent": mean_or_nan(percents),
        "pck_005": float(shares[0]),
        "pck_010": float(shares[1]),
        "pck_020": float(shares[2]),
        "true_worlds": len(worlds),
        "world_mm": mean_or_nan(worlds),
        "world_aligned_mm": mean_or_nan(aligned),
        "true_sides": len(sided),
        "sides_right": sum(hand.handedness == true.handedness for hand, true in sided),
    }


def _boxes(hands: Sequence[TrackedHand], truth: Sequence[TrueHand]) -> dict[str, float]:
    drawn = any(hand.box is not None for hand in truth)
    found = [
        joints_box(hand.landmarks, SKIN_MARGIN * palm_size(hand.landmarks) if drawn else 0.0)
        for hand in hands
    ]
    true = [box for hand in truth if (box := hand.outline) is not None]
    return {"true_boxes": len(true), "boxes": len(found), "boxes_hit": _hits(found, true)}


def _hits(found: Sequence[Box], true: Sequence[Box]) -> int:
    """Count pairs of boxes that meet, the best pair first, each box once."""
    overlaps = sorted(
        ((boxes_overlap(a, b), i, j) for i, a in enumerate(found) for j, b in enumerate(true)), reverse=True
    )
    used: set[int] = set()
    taken: set[int] = set()
    for overlap, i, j in overlaps:
        if overlap >= BOX_OVERLAP and i not in used and j not in taken:
            used.add(i)
            taken.add(j)
    return len(used)


def _world_mm(points: Floats, reference: Floats) -> float:
    difference = points - reference
    return _mean_mm(difference - _EACH @ difference)


def _mean_mm(differences_m: Floats) -> float:
    return 1e3 * float(np.sqrt(np.einsum("ij,ij->i", differences_m, differences_m)) @ _EACH)
