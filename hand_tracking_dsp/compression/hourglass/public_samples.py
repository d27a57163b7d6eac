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

"""Samples of public data sets of depth images, and what a network finds in their test frames."""

from __future__ import annotations

from functools import lru_cache, partial
from pathlib import Path

import numpy as np

from hand_tracking_dsp.compression.data.crops import evenly
from hand_tracking_dsp.compression.data.depth_bytes import to_bytes
from hand_tracking_dsp.compression.hourglass.samples import (
    SIDE_UNKNOWN,
    DepthSamples,
    Progress,
    SampleSource,
)
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.evaluation.pose_benchmark.benchmark import BENCHMARKS
from hand_tracking_dsp.evaluation.pose_benchmark.crops import PoseCrop, cut_hand
from hand_tracking_dsp.evaluation.pose_benchmark.dataset import PoseDataset, PoseSample
from hand_tracking_dsp.evaluation.pose_benchmark.icvl import IcvlDataset
from hand_tracking_dsp.evaluation.pose_benchmark.msra import PEOPLE, MsraDataset
from hand_tracking_dsp.evaluation.pose_benchmark.nyu import NyuDataset
from hand_tracking_dsp.tracking.backends.base import Session
from hand_tracking_dsp.tracking.depth_info import DEPTH_SIZE
from hand_tracking_dsp.tracking.types import Floats
from hand_tracking_dsp.tracking.votes import joints_of

SPLITS = ("train", "test")
"""Parts of a data set."""


def open_dataset(name: str, folder: Path, split: str, person: str = PEOPLE[0]) -> PoseDataset:
    """Open a part of a public data set.

    Args:
        name: Name of its benchmark.
        folder: Its folder, as published.
        split: One of SPLITS.
        person: Of MSRA15, the person of PEOPLE to test on; the others are trained on.

    Raises:
        SourceError: A file of labels cannot be used.
        ConfigurationError: There is no such person.
    """
    if name == "nyu":
        return NyuDataset(folder, split)
    if name == "icvl":
        return IcvlDataset(folder, split)
    if person not in PEOPLE:
        msg = f"MSRA15 has no person {person}: choose from {', '.join(PEOPLE)}."
        raise ConfigurationError(msg)
    others = tuple(one for one in PEOPLE if one != person)
    return MsraDataset(folder, others if split == "train" else (person,))


_opened = lru_cache(maxsize=1)(open_dataset)
"""Data set that a process draws from."""


def dataset_frames(name: str, folder: Path, split: str, person: str, count: int) -> SampleSource:
    """Return so many frames of a data set, evenly spread, as a source of samples.

    The first arguments are those of open_dataset; count is at most the number of its frames.
    """
    kind: dict[str, object] = {"skeleton": name, "split": split, "frames": count}
    if name == "msra":
        kind["person"] = person
    kind["cube_m"] = BENCHMARKS[name].cube_m
    return SampleSource(kind, partial(_draw_frame, name, folder.absolute(), split, person, count))


def _draw_frame(
    name: str, folder: Path, split: str, person: str, count: int, number: int
) -> DepthSamples | None:
    dataset = _opened(name, folder, split, person)
    sample = dataset[int(evenly(len(dataset), count)[number])]
    crop = cut_hand(sample, dataset.benchmark.cube_m, DEPTH_SIZE)
    return _as_sample(sample, crop, name) if (crop.depth > -1).any() else None


def _as_sample(sample: PoseSample, crop: PoseCrop, skeleton: str) -> DepthSamples:
    cube, camera = crop.cube, sample.camera
    box = cube.region
    numbers = (
        *(box.x, box.y, box.size, box.rotation, cube.depth_m, cube.side_m),
        *(camera.fx, camera.fy, camera.cx, camera.cy),
    )
    return DepthSamples(
        to_bytes(crop.depth)[None],
        crop.joints[None],
        np.ones(1, np.float32),
        np.full(1, SIDE_UNKNOWN, np.float32),
        sample.joints_m[None],
        np.array([numbers], np.float32),
        skeleton,
    )


def find_joints(session: Session, dataset: PoseDataset, on_progress: Progress) -> tuple[Floats, int]:
    """Find the joints in every frame of a data set.

    Args:
        session: An exit that was trained on it.
        dataset: The data set.
        on_progress: Called after each frame.

    Returns:
        float32 [frames, joints, 3], metres in the optical frame; and the number of frames that show no depth
        where the hand is, all of whose joints are put into the middle of the cube there.

    Raises:
        SourceError: A frame is missing or cannot be read: a results file must have them all.
        FrameError: A frame is damaged or of another size.
    """
    joints, empty = [], 0
    for index in range(len(dataset)):
        crop = cut_hand(dataset[index], dataset.benchmark.cube_m, DEPTH_SIZE)
        found = joints_of(session.run(crop.depth[None, None]))
        if np.isnan(found).any():
            empty += 1
            found = np.zeros_like(found)
        joints.append(crop.cube.to_metres(found))
        on_progress(index + 1, len(dataset))
    return np.stack(joints), empty
