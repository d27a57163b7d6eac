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

"""Pictures for the documentation: the joints by number, gestures, and what viewers show of the markers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from hand_tracking_dsp.cameras.synthetic import GESTURES, pose_hand
from hand_tracking_dsp.evaluation.report.plotting import save
from hand_tracking_dsp.hand import BONES, Joint
from hand_tracking_dsp.tracking.draw import Colour, bone_colour, joint_colour
from hand_tracking_dsp.tracking.types import Floats, Image

_INK = "#202428"
_AXIS_M = 0.1
# Where the markers are seen from: turned aside and tipped down, degrees.
_VIEW_DEG = (-35.0, 25.0)
Rgb = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Strokes:
    """What a viewer draws of one hand, metres in the camera's optical frame.

    Attributes:
        lines: float [n, 2, 3], ends of each line.
        line_colours: RGB of each, 0 to 1.
        points: float [m, 3].
        point_colours: RGB of each, 0 to 1.
        name: Text.
        name_at: float [3], its middle.
        name_colour: RGB, 0 to 1.
    """

    lines: Floats
    line_colours: Sequence[Rgb]
    points: Floats
    point_colours: Sequence[Rgb]
    name: str
    name_at: Floats
    name_colour: Rgb


def save_joints(path: Path) -> None:
    """Draw the 21 joints with their numbers and names, on the palm side of a right hand.

    Raises:
        OutputError: The file cannot be written.
    """
    joints = pose_hand(GESTURES["spread"]).joints[:, :2]
    figure = Figure(figsize=(8.2, 6.4), layout="constrained", facecolor="white")
    axes = figure.subplots()
    for bone in BONES:
        colour = _hex(bone_colour(*bone))
        axes.plot(*joints[list(bone)].T, color="#808080", lw=7, solid_capstyle="round", zorder=1)
        axes.plot(*joints[list(bone)].T, color=colour, lw=5, solid_capstyle="round", zorder=2)
    for joint in Joint:
        x, y = joints[joint]
        axes.plot(x, y, "o", ms=17, mfc=_hex(joint_colour(joint)), mec=_INK, mew=1.0, zorder=3)
        axes.annotate(
            str(int(joint)), (x, y), ha="center", va="center", fontsize=9, color=_INK, weight="bold", zorder=4
        )
    names = [f"{int(joint):>2}  {joint.name}" for joint in Joint]
    axes.text(
        1.02, 0.98, "\n".join(names), transform=axes.transAxes, va="top", family="monospace", fontsize=10
    )
    axes.set_aspect("equal")
    axes.margins(0.08)
    axes.set_axis_off()
    axes.set_title("Joints of hand_tracking_dsp/Hand (a right hand, palm to the camera)", loc="left")
    save(figure, path)


def save_sheet(pictures: Mapping[str, Image], columns: int, title: str, path: Path) -> None:
    """Lay pictures out in rows, each above its own words.

    Args:
        pictures: uint8 [height, width, 3] BGR by these words.
        columns: Pictures a row.
        title: Of the sheet.
        path: Where to write the PNG.

    Raises:
        OutputError: The file cannot be written.
    """
    rows = -(-len(pictures) // columns)
    figure = Figure(figsize=(2.0 * columns, 2.6 * rows + 0.3), layout="constrained", facecolor="white")
    for place, (words, image) in enumerate(pictures.items(), 1):
        axes = figure.add_subplot(rows, columns, place)
        axes.imshow(image[:, :, ::-1])
        axes.set_xticks([])
        axes.set_yticks([])
        axes.set_xlabel(words, fontsize=9)
    figure.suptitle(title, fontsize=11)
    save(figure, path)


def save_strokes(hands: Sequence[Strokes], title: str, path: Path) -> None:
    """Draw hands as a viewer shows their markers, from above and beside the camera, without perspective.

    Args:
        hands: At least one.
        title: Above the picture.
        path: Where to write the PNG.

    Raises:
        OutputError: The file cannot be written.
    """
    figure = Figure(figsize=(7.6, 4.6), layout="constrained", facecolor=_INK)
    axes = figure.subplots()
    camera = np.zeros((3, 2, 3), np.float32)
    camera[:, 1] = _AXIS_M * np.eye(3)
    for ends, name in zip(camera, ("red", "lime", "#4080ff"), strict=True):
        axes.plot(*_seen(ends), color=name, lw=2.5)
    axes.text(0, 0, "camera   ", ha="right", color="white")
    for hand in sorted(hands, key=lambda hand: -float(hand.points[:, 2].mean())):
        for ends, colour in zip(hand.lines, hand.line_colours, strict=True):
            axes.plot(*_seen(ends), color=colour, lw=3.5, solid_capstyle="round", zorder=2)
        x, y = _seen(hand.points)
        axes.scatter(x, y, c=hand.point_colours, s=30, zorder=3)
        (x,), (y,) = _seen(hand.name_at[None])
        axes.text(x, y, hand.name, ha="center", color=hand.name_colour)
        axes.update_datalim([(x, y)])
    axes.set_aspect("equal")
    axes.margins(0.08)
    axes.set_axis_off()
    axes.set_title(title, color="white", fontsize=10, loc="left", pad=12)
    save(figure, path)


def _seen(points: Floats) -> tuple[Floats, Floats]:
    """Turn points of the optical frame, [n, 3], into x and y (up) of the picture, [n] each."""
    x, y, z = points.T
    aside, above = np.radians(_VIEW_DEG, dtype=np.float32)
    away = x * np.sin(aside) + z * np.cos(aside)
    return x * np.cos(aside) - z * np.sin(aside), away * np.sin(above) - y * np.cos(above)


def _hex(colour_bgr: Colour) -> str:
    blue, green, red = colour_bgr
    return f"#{red:02x}{green:02x}{blue:02x}"
