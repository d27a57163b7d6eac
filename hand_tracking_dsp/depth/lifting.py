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

"""Landmarks of an image lifted into space by depth."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.depth.bones import LARGEST, SMALLEST, BoneLengths
from hand_tracking_dsp.depth.flesh import BEFORE_LANDMARKS_M, flesh_before, joints_beyond
from hand_tracking_dsp.depth.hand_fit import Evidence, fit_hands
from hand_tracking_dsp.depth.surface_reading import median_known, read_surface
from hand_tracking_dsp.depth.types import Hand3d, JointState
from hand_tracking_dsp.hand import JOINT_COUNT, Handedness
from hand_tracking_dsp.options import check_options, option
from hand_tracking_dsp.tracking.depth_view import DepthView
from hand_tracking_dsp.tracking.smoothing import OneEuroFilter
from hand_tracking_dsp.tracking.types import Floats, TrackedHand

_FEWEST_JOINTS = 6
"""Fewest joints at which depth must be known for a hand to be placed."""

_ACROSS_M = 0.004
"""Deviation of the network's landmarks, of the mean adult's hand at any distance."""

_ACROSS_PX = 1.0
"""Deviation of the landmarks by the pixels themselves."""

_AGEING_M_PER_S = 0.02
"""Growth of that deviation while a hand is held or predicted."""

_FLESH_M = 0.004
"""Deviation of the flesh before a joint, of the mean adult's hand."""

_NOISE_PER_M = 0.002
"""Deviation of the depth that was read, by the square of the distance: as triangulating sensors have it."""

_TRUSTED = 0.5
"""Least trust in a depth by which the joint counts as measured."""

_PALM_M = 0.09

_ALL_JOINTS = np.ones(JOINT_COUNT, bool)


@dataclass(frozen=True, slots=True)
class LiftOptions:
    """Settings of lifting."""

    smoothing: bool = option(True, "Smooth joints in space with a One-Euro filter.")
    min_cutoff_hz: float = option(2.0, "Its cutoff at rest; lower is calmer.", "Hz", 0.01, 100)
    beta: float = option(8.0, "Its rise with speed; higher lags less.", "Hz per palm size per s", 0, 1000)
    landmarks_to_joints: bool = option(
        True,
        "Move landmarks found in colour along their bones to where the joints of rendered hands lie; off for "
        "networks that were trained on such joints.",
    )

    def __post_init__(self) -> None:
        """Raise ConfigurationError where a value cannot work."""
        check_options(self)


@dataclass(slots=True)
class _LiftedTrack:
    """Knowledge of a hand from earlier frames."""

    smoother: OneEuroFilter
    bones: BoneLengths = field(default_factory=BoneLengths)
    side: Handedness = Handedness.UNKNOWN


class HandLifter:
    """Lifts hands into space, frame by frame.

    A joint whose skin the depth image shows lies behind it, by the flesh around it, on its ray: it is
    measured. Others follow from their neighbours, the lengths of this hand's bones, which are learned over
    frames, and the network's idea of the hand's shape.

    Args:
        options: Settings.
    """

    def __init__(self, options: LiftOptions | None = None) -> None:
        self._options = options or LiftOptions()
        self._tracks: dict[int, _LiftedTrack] = {}

    def reset(self) -> None:
        """Forget all hands, as before the first frame."""
        self._tracks.clear()

    def lift(
        self, hands: Sequence[TrackedHand], view: DepthView, stamp_s: float, *, in_colour: bool = False
    ) -> tuple[Hand3d, ...]:
        """Lift the hands of a frame.

        Args:
            hands: Hands found in the image, or in the statue of the depth image itself.
            view: Depth image whose pixels are the image's.
            stamp_s: Time of the image, seconds; only differences count.
            in_colour: Whether the hands were found in a colour image.

        Returns:
            The hands in space, in the same order; of a hand that depth does not show, or not in the size of
            a hand, all joints are unknown.
        """
        self._tracks = {hand.track_id: self._track(hand) for hand in hands}
        placed: dict[int, Hand3d] = {}
        if hands:
            # Depth without sense overflows, and is found to be no hand's afterwards.
            with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
                flesh_m = flesh_before(hands)
                if in_colour and self._options.landmarks_to_joints:
                    landmarks = joints_beyond(hands)
                    flesh_m -= BEFORE_LANDMARKS_M
                else:
                    landmarks = np.array([hand.landmarks[:, :2] for hand in hands])
                placed.update(self._placed(hands, landmarks, flesh_m, view, stamp_s))
        return tuple(placed.get(hand.track_id) or _unknown(hand) for hand in hands)

    def _track(self, hand: TrackedHand) -> _LiftedTrack:
        """Return what is known of a hand; nothing where its id came to a hand of the other side."""
        track = self._tracks.get(hand.track_id)
        side = hand.handedness
        if track is None or len({track.side, side} - {Handedness.UNKNOWN}) > 1:
            track = _LiftedTrack(OneEuroFilter(self._options.min_cutoff_hz, self._options.beta))
        if side is not Handedness.UNKNOWN:
            track.side = side
        return track

    def _placed(
        self,
        hands: Sequence[TrackedHand],
        landmarks: Floats,
        flesh_m: Floats,
        view: DepthView,
        stamp_s: float,
    ) -> Iterator[tuple[int, Hand3d]]:
        """Place the hands that depth shows; yield them with their track_id.

        Args:
            hands: Hands.
            landmarks: float32 [hands, 21, 2], pixels.
            flesh_m: float32 [hands, 21], flesh before the joints of mean adults, metres.
            view: Depth image.
            stamp_s: Time of the image, seconds.
        """
        skin_m, spread_m = read_surface(landmarks, view)
        sizes = np.array([[self._tracks[hand.track_id].bones.size] for hand in hands], np.float32)
        rays = view.camera.unproject(landmarks, np.ones_like(skin_m))
        flesh_m = flesh_m * sizes / np.sqrt(np.einsum("hja,hja->hj", rays, rays))
        read = rays * (skin_m + flesh_m)[..., None]
        chosen = [row for row, hand in enumerate(hands) if self._is_plausible(hand, read[row])]
        if not chosen:
            return
        seen = [hands[row] for row in chosen]
        fit = fit_hands(self._evidence(seen, view, rays[chosen], read[chosen, :, 2], spread_m[chosen]))
        for row, hand in enumerate(seen):
            track = self._tracks[hand.track_id]
            measured = fit.trust[row] >= _TRUSTED
            joints_m = fit.joints_m[row].astype(np.float32)
            if not self._has_hand_size(hand, joints_m):
                continue
            track.bones.learn(read[chosen[row]], measured)
            if self._options.smoothing:
                joints_m = track.smoother.filter(joints_m, stamp_s, _PALM_M * track.bones.size)
            states = np.where(measured, JointState.MEASURED, JointState.INFERRED).astype(np.uint8)
            yield hand.track_id, _hand(hand, joints_m.copy(), states, fit.std_m[row].astype(np.float32))

    def _is_plausible(self, hand: TrackedHand, read: Floats) -> bool:
        """Tell whether joints as they were read, float32 [21, 3], can be a hand's; take a new hand's size."""
        known = np.isfinite(read[:, 2])
        if np.count_nonzero(known) < _FEWEST_JOINTS:
            return False
        bones = self._tracks[hand.track_id].bones
        size = bones.size_of(read, known)
        if math.isnan(size):
            return bones.known
        if not SMALLEST <= size <= LARGEST:
            return False
        if not bones.known:
            bones.suppose(size)
        return True

    def _has_hand_size(self, hand: TrackedHand, joints_m: Floats) -> bool:
        """Tell whether joints [21, 3] that were fitted are as far from each other as a hand's."""
        return SMALLEST <= self._tracks[hand.track_id].bones.size_of(joints_m, _ALL_JOINTS) <= LARGEST

    def _evidence(
        self, hands: Sequence[TrackedHand], view: DepthView, rays: Floats, depth_m: Floats, spread_m: Floats
    ) -> Evidence:
        """Gather what is known of hands; see _placed for the arrays, of which one row is of one hand."""
        bones = [self._tracks[hand.track_id].bones for hand in hands]
        sizes = np.array([[one.size] for one in bones])
        depths = depth_m.astype(np.float64)
        distance = median_known(depths)[:, None]
        across = np.hypot(_ACROSS_M * sizes, _ACROSS_PX * distance / view.camera.fx)
        across += _AGEING_M_PER_S * np.array([[hand.measurement_age_s] for hand in hands])
        along = np.hypot(np.hypot(_FLESH_M * sizes, spread_m / 2), _NOISE_PER_M * distance**2)
        return Evidence(
            rays=rays.transpose(0, 2, 1).astype(np.float64),
            depth_m=depths,
            depth_std_m=np.where(np.isfinite(depths), along, 1.0),
            across_std_m=across,
            shape_z_m=np.array([hand.world_landmarks[:, 2] for hand in hands], np.float64),
            shape_std_m=np.array([[hand.shape_std_m] for hand in hands]),
            links_m=np.array([one.metres for one in bones]),
            sizes=sizes,
        )


def _unknown(hand: TrackedHand) -> Hand3d:
    """Return a hand whose joints are unknown."""
    nowhere = np.full((JOINT_COUNT, 3), np.nan, np.float32)
    return _hand(hand, nowhere, np.full(JOINT_COUNT, JointState.UNKNOWN, np.uint8), nowhere[:, 0].copy())


def _hand(hand: TrackedHand, joints_m: Floats, states: NDArray[np.uint8], std_m: Floats) -> Hand3d:
    return Hand3d(
        hand.track_id, hand.handedness, hand.handedness_score, hand.presence, joints_m, states, std_m
    )
