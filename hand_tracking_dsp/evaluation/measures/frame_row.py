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

"""Row of one frame: everything that measures are made of."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

NAN = math.nan

HANDLED, DROPPED, REJECTED = "handled", "dropped", "rejected"
"""Outcomes of a frame: tracked, replaced by a newer one before its turn, or not an image."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameRow:
    """One frame in one run; NaN = not measured, not known, or without meaning on this frame.

    Attributes:
        run: Name of the setting that ran, for example "level 2".
        bag: Name of the recording.
        outcome: HANDLED, DROPPED or REJECTED.
        frame: Number of the image in its recording, from 0.
        stamp_s: The image's stamp, seconds since the recording's first.
        interval_s: Since the frame handled before, seconds.
        level: Sparsity level that ran, 0 = dense.
        sparsity: Share of the dense network's parameters removed at that level, 0 to 1.
        switched: 1 where the level differs from the frame handled before, else 0.
        hands: Hands tracked.
        predicted: Those of them that were held, not measured.
        measurement_age_ms: Mean time since the network saw each of them, milliseconds.
        id_changes: Those of them that bear another track id than before.
        searched: 1 where the palm detector ran, else 0.
        presence: Lowest presence of them, 0 to 1.
        conversion_ms: From the message to pixels, milliseconds.
        detection_ms: Palm detection, milliseconds.
        landmarks_ms: Landmark network of all hands, milliseconds.
        total_ms: Conversion and tracking, milliseconds.
        latency_ms: Age of the hands when they are ready: total_ms, in real time with the wait before it.
        latency_step_ms: Its distance from that of the frame handled before, milliseconds.
        late: 1 where latency_ms is above the budget, else 0.
        energy_mj: Energy of the networks, millijoules, estimated from their multiply-accumulates.
        true_hands: Hands with true joints in view.
        found: Those of them that were tracked.
        error_px: Mean distance of the joints of the hands found from the true ones, pixels.
        error_palm_percent: The same, each hand in % of its true palm size.
        pck_005: Share of the true joints that were met within 0.05 of their hand's box, 0 to 1.
        pck_010: The same within 0.1.
        pck_020: The same within 0.2.
        true_worlds: Hands found of which the true joints in metres are known.
        world_mm: Mean distance of their world landmarks, both centred on their mean, millimetres.
        world_aligned_mm: The same after Procrustes alignment, millimetres.
        true_boxes: Boxes of hands in view.
        boxes: Boxes of hands tracked, where there are true ones to compare with.
        boxes_hit: Pairs of both that overlap by an intersection over union of 0.5 or more.
        true_sides: Hands found of which the side is known.
        sides_right: Those of them whose side was right.
        jitter_px: Second difference of the joints from frame to frame, of hands at rest, pixels.
        jitter_palm_percent: The same in % of the palm size.
        resting: Hands at rest that jitter was measured of.
        reacquired_s: On the frame on which all hands in view are tracked again: since when they were not.
        drift: Distance from the dense level's landmarks on the same regions, % of palm size.
        recorded_same: 1 where as many hands were tracked as the bag holds of this frame, near them; else 0.
        recorded_px: Then the largest distance of a joint from those hands, pixels.
        with_depth: 1 where the frame's depth image was used, else 0.
        depth_ms: Time that depth took, milliseconds.
        measured_joints: Joints in space whose skin was read in the depth image.
        inferred_joints: Joints in space whose place follows from others.
        unknown_joints: Joints without a place.
        true_hands_3d: True hands in space.
        found_3d: Those of them that were tracked and placed.
        joints_3d: Joints in space of the hands found whose true place is known.
        error_3d_mm: Mean distance of these from there, millimetres.
        visible_joints_3d: Those of them that the camera sees.
        visible_error_3d_mm: Mean distance of these, millimetres.
        near_20_mm: True hands whose every joint was placed within 20 mm.
        near_40_mm: The same within 40 mm.
        bone_deviation_percent: Mean deviation of the bones' lengths from their means before, %.
        bone_hands: Hands that this was measured of.
        in_depth: 1 where the hands were found in the depth image alone, 0 where in the image.
        measured_joints_3d: Joints of joints_3d that were measured.
        measured_error_3d_mm: Mean distance of these, millimetres.
        inferred_joints_3d: Joints of joints_3d that were inferred.
        inferred_error_3d_mm: Mean distance of these, millimetres.
        recorded_3d_same: 1 where as many hands were placed as the bag holds, on the same rays; else 0.
        recorded_measured_joints: Joints of these that the recording measured.
        recorded_measured_3d_mm: Mean distance of these from where they were placed again, millimetres.
        recorded_inferred_joints: The same that it inferred.
        recorded_inferred_3d_mm: Mean distance of these, millimetres.
        recorded_joints_3d: Joints that the bag holds in space whose true place is known.
        recorded_error_3d_mm: Mean distance of these from there, millimetres.
        recorded_measured_joints_3d: Those of them that the recording measured.
        recorded_measured_error_3d_mm: Mean distance of these, millimetres.
        recorded_inferred_joints_3d: Those of them that it inferred.
        recorded_inferred_error_3d_mm: Mean distance of these, millimetres.
        expected_error: Mean expected deviation of the hands tracked, as their levels say it, % of palm size.
    """

    run: str
    bag: str
    outcome: str
    frame: int
    stamp_s: float
    interval_s: float = NAN
    level: float = NAN
    sparsity: float = NAN
    switched: float = NAN
    hands: float = NAN
    predicted: float = NAN
    measurement_age_ms: float = NAN
    id_changes: float = NAN
    searched: float = NAN
    presence: float = NAN
    conversion_ms: float = NAN
    detection_ms: float = NAN
    landmarks_ms: float = NAN
    total_ms: float = NAN
    latency_ms: float = NAN
    latency_step_ms: float = NAN
    late: float = NAN
    energy_mj: float = NAN
    true_hands: float = NAN
    found: float = NAN
    error_px: float = NAN
    error_palm_percent: float = NAN
    pck_005: float = NAN
    pck_010: float = NAN
    pck_020: float = NAN
    true_worlds: float = NAN
    world_mm: float = NAN
    world_aligned_mm: float = NAN
    true_boxes: float = NAN
    boxes: float = NAN
    boxes_hit: float = NAN
    true_sides: float = NAN
    sides_right: float = NAN
    jitter_px: float = NAN
    jitter_palm_percent: float = NAN
    resting: float = NAN
    reacquired_s: float = NAN
    drift: float = NAN
    recorded_same: float = NAN
    recorded_px: float = NAN
    with_depth: float = NAN
    depth_ms: float = NAN
    measured_joints: float = NAN
    inferred_joints: float = NAN
    unknown_joints: float = NAN
    true_hands_3d: float = NAN
    found_3d: float = NAN
    joints_3d: float = NAN
    error_3d_mm: float = NAN
    visible_joints_3d: float = NAN
    visible_error_3d_mm: float = NAN
    near_20_mm: float = NAN
    near_40_mm: float = NAN
    bone_deviation_percent: float = NAN
    bone_hands: float = NAN
    in_depth: float = NAN
    measured_joints_3d: float = NAN
    measured_error_3d_mm: float = NAN
    inferred_joints_3d: float = NAN
    inferred_error_3d_mm: float = NAN
    recorded_3d_same: float = NAN
    recorded_measured_joints: float = NAN
    recorded_measured_3d_mm: float = NAN
    recorded_inferred_joints: float = NAN
    recorded_inferred_3d_mm: float = NAN
    recorded_joints_3d: float = NAN
    recorded_error_3d_mm: float = NAN
    recorded_measured_joints_3d: float = NAN
    recorded_measured_error_3d_mm: float = NAN
    recorded_inferred_joints_3d: float = NAN
    recorded_inferred_error_3d_mm: float = NAN
    expected_error: float = NAN


COLUMNS: tuple[str, ...] = tuple(field.name for field in fields(FrameRow))
"""Header of frames.csv."""

NAMES: tuple[str, ...] = ("run", "bag", "outcome")
"""The columns that hold words."""

NUMBERS: tuple[str, ...] = COLUMNS[len(NAMES) :]
"""The columns that hold numbers."""
