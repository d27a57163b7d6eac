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

"""Folders of depth images before the tracker: hands found, and the lengths of their bones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.cameras.folder import list_images
from hand_tracking_dsp.depth.bones import END, START
from hand_tracking_dsp.depth.types import JointState
from hand_tracking_dsp.evaluation.lifted_gestures import read_joints
from hand_tracking_dsp.evaluation.statues import DepthPicture, hands_in_statues, recorded_pictures
from hand_tracking_dsp.tracking.depth_view import Intrinsics
from hand_tracking_dsp.tracking.tracker import HandTracker

Lengths = NDArray[np.float64]

_FEWEST_FRAMES = 3
"""Fewest frames in which both ends of a link are measured for its deviation to count."""


@dataclass(frozen=True, slots=True)
class FolderFinds:
    """Finds in the depth images of one folder.

    Attributes:
        folder: The folder.
        images: Images in it.
        found: Images in which a hand was found.
        presence: Lowest presence of these hands, 0 to 1; NaN where none was found.
        deviation: Deviation of links' lengths from frame to frame by their means, mean over links, of those
            frames that measure both ends; NaN where none is measured often enough.
        plain_deviation: The same of the depth at each landmark and the flesh before it, without the fit.
    """

    folder: Path
    images: int
    found: int
    presence: float
    deviation: float
    plain_deviation: float


def measure_folders(
    tracker: HandTracker, folder: Path, unit_m: float, camera: Intrinsics
) -> Iterator[FolderFinds]:
    """Show depth images to the tracker, drawn as statues, each on its own; yield a result a folder.

    Args:
        tracker: The tracker.
        folder: Folder of 16-bit PNG files; those of one folder below it are taken for one person's.
        unit_m: Distance that a value of 1 means, metres; 0 is unknown.
        camera: The depth camera.

    Raises:
        SourceError: There are no images, or one of them is no depth image.
    """
    below = sorted({path.parent for path in list_images(folder)})
    for one in below:
        yield _find(tracker, one, list(recorded_pictures(one, unit_m, camera)))


def _find(tracker: HandTracker, folder: Path, pictures: list[DepthPicture]) -> FolderFinds:
    presence: list[float] = []
    lengths: tuple[list[Lengths], list[Lengths]] = ([], [])
    for one in hands_in_statues(tracker, pictures, one_person=True):
        if one.hand is None or one.lifted is None:
            continue
        presence.append(one.hand.presence)
        measured = one.lifted.states == JointState.MEASURED
        plain_m = read_joints(one.hand, one.picture.view)
        for joints_m, kept in zip((one.lifted.joints_m, plain_m), lengths, strict=True):
            length = np.linalg.norm(joints_m[END] - joints_m[START], axis=1)
            kept.append(np.where(measured[START] & measured[END], length, np.nan))
    least = min(presence, default=float("nan"))
    deviations = [_deviation(np.array(kept)) for kept in lengths]
    return FolderFinds(folder, len(pictures), len(presence), least, *deviations)


def _deviation(lengths: NDArray[np.float64]) -> float:
    """Return the mean over links [frames, links] of deviation by mean; NaN entries do not count."""
    if not len(lengths):
        return float("nan")
    often = lengths[:, np.count_nonzero(np.isfinite(lengths), axis=0) >= _FEWEST_FRAMES]
    if not often.size:
        return float("nan")
    return float(np.mean(np.nanstd(often, axis=0) / np.nanmean(often, axis=0)))
