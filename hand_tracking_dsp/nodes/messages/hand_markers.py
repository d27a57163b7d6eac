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

"""Hands as markers for RViz and Foxglove: coloured skeletons, joints and names in the camera's frame."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress

import numpy as np
from geometry_msgs.msg import Point
from std_msgs.msg import ColorRGBA, Header
from visualization_msgs.msg import Marker, MarkerArray

from hand_tracking_dsp.depth.types import Hand3d
from hand_tracking_dsp.hand import BONES, Handedness, Joint
from hand_tracking_dsp.tracking.draw import (
    SIDE_COLOURS_BGR,
    Colour,
    bone_colour,
    hand_label,
    joint_colour,
)
from hand_tracking_dsp.tracking.types import Floats, TrackedHand
from hand_tracking_dsp.tracking.weak_perspective import hand_in_camera

NAMESPACES = ("skeleton", "joints", "handedness")
"""Of the markers, so that a viewer can show some of them alone."""

_BONE_WIDTH_M, _JOINT_WIDTH_M, _TEXT_HEIGHT_M, _TEXT_ABOVE_M = 0.005, 0.009, 0.025, 0.03


def _rgba(colour_bgr: Colour) -> ColorRGBA:
    blue, green, red = colour_bgr
    return ColorRGBA(r=red / 255, g=green / 255, b=blue / 255, a=1.0)


# Made once: a message of 21 colours costs more to build than to send.
_BONE_COLOURS = {
    side: [_rgba(bone_colour(*bone, side)) for bone in BONES for _ in range(2)] for side in Handedness
}
_JOINT_COLOURS = {side: [_rgba(joint_colour(joint, side)) for joint in Joint] for side in Handedness}
_TEXT_COLOURS = {side: _rgba(colour) for side, colour in SIDE_COLOURS_BGR.items()}


def hand_markers(
    hands: Sequence[TrackedHand], header: Header, focal_px: float, centre_px: Floats
) -> MarkerArray:
    """Build coloured skeletons, joints and names of hands in the camera's optical frame.

    The distance follows from the hand's size in the image against its size in metres (weak
    perspective), so it carries the error of the network's idea of a hand's size.

    Args:
        hands: Hands in view.
        header: Header of the image.
        focal_px: Focal length, pixels.
        centre_px: float [2], principal point, pixels.

    Returns:
        First a marker that deletes those before, then for each hand one a namespace.
    """
    # Without a namespace: with one, newer viewers would delete in that one alone.
    markers = [Marker(header=header, action=Marker.DELETEALL)]
    for hand in hands:
        points = hand_in_camera(hand, focal_px, centre_px)
        if points is not None:
            markers += _markers(hand, points, header)
    return MarkerArray(markers=markers)


def markers_in_space(hands: Sequence[TrackedHand], in_space: Sequence[Hand3d], header: Header) -> MarkerArray:
    """Build the same markers of hands whose places are known; joints that are unknown are left out.

    Args:
        hands: Hands in view.
        in_space: Hands in space; those of the same track_id count.
        header: Header of these.
    """
    markers = [Marker(header=header, action=Marker.DELETEALL)]
    places = {hand.track_id: hand.joints_m for hand in in_space}
    for hand in hands:
        points = places.get(hand.track_id)
        if points is not None and np.isfinite(points[:, 0]).any():
            markers += _markers(hand, points, header)
    return MarkerArray(markers=markers)


def _markers(hand: TrackedHand, points: Floats, header: Header) -> list[Marker]:
    known = [bool(np.isfinite(point).all()) for point in points]
    joints = [Point(x=x, y=y, z=z) for x, y, z in points.tolist()]
    kinds = (Marker.LINE_LIST, Marker.SPHERE_LIST, Marker.TEXT_VIEW_FACING)
    markers = [
        Marker(header=header, ns=namespace, id=hand.track_id % 2**31, type=kind)
        for namespace, kind in zip(NAMESPACES, kinds, strict=True)
    ]
    skeleton, spheres, name = markers
    for marker in markers:
        marker.pose.orientation.w = 1.0
    bones = [known[start] and known[end] for start, end in BONES]
    ends = [joint for bone in compress(BONES, bones) for joint in bone]
    skeleton.scale.x = _BONE_WIDTH_M
    skeleton.points = [joints[joint] for joint in ends]
    spheres.scale.x = spheres.scale.y = spheres.scale.z = _JOINT_WIDTH_M
    spheres.points = [joints[joint] for joint in Joint if known[joint]]
    skeleton.colors, spheres.colors = _BONE_COLOURS[hand.handedness], _JOINT_COLOURS[hand.handedness]
    if not all(known):
        skeleton.colors = list(compress(skeleton.colors, [seen for seen in bones for _ in range(2)]))
        spheres.colors = list(compress(spheres.colors, known))
    name.text = hand_label(hand)
    name.scale.z = _TEXT_HEIGHT_M
    name.color = _TEXT_COLOURS[hand.handedness]
    middle, top = points[known].mean(axis=0), points[known, 1].min()
    # The camera's y points down.
    name.pose.position = Point(x=float(middle[0]), y=float(top) - _TEXT_ABOVE_M, z=float(middle[2]))
    return markers
