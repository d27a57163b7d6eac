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

"""Samples to train and to measure depth networks on: depth in cubes around hands, with the true joints."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.cameras.mesh.crops import CropOptions, CropStream
from hand_tracking_dsp.compression.data.depth_bytes import to_bytes
from hand_tracking_dsp.errors import ConfigurationError, HandTrackingError
from hand_tracking_dsp.evaluation.executor import THIS_PROCESS, Executor
from hand_tracking_dsp.files import write_text
from hand_tracking_dsp.hand import JOINT_COUNT, Handedness
from hand_tracking_dsp.tracking.depth_crop import Cube, crop_depth, hand_depth_m
from hand_tracking_dsp.tracking.depth_info import DEPTH_SIZE
from hand_tracking_dsp.tracking.depth_view import DepthView, Intrinsics
from hand_tracking_dsp.tracking.types import Floats, Region

CUBE_M = 0.24
"""Side of the cube that the networks see: an adult's open hand fits in, a little beside its middle."""

SIDE_UNKNOWN = 0.5
"""Whether a hand is a right one, where that is not known."""

_RENDERED_PX = 192
# Rendered wider than a tracker's region by this, so that the cube is filled around small regions, too.
_WIDER = 1.6
_SHARD = 1024
_RECIPE = "samples.json"

Progress = Callable[[int, int], None]
"""Called with the number of samples made, and of those wanted."""


@dataclass(frozen=True, slots=True, eq=False)
class DepthSamples:
    """Depth as networks take it, with its truth.

    Attributes:
        images: uint8 [n, 128, 128]: 0 is background, 1 to 255 depth from the cube's back to its front.
        joints: float32 [n, joints, 3], shares of half the cube's side; 0 without a hand.
        present: float32 [n], 1 where there is a hand.
        right: float32 [n], 1 for a right hand, 0 for a left one, SIDE_UNKNOWN where nobody says.
        joints_m: float32 [n, joints, 3], metres in the camera's optical frame.
        cubes: float32 [n, 10]: the cube; see cube.
        skeleton: Data set whose joints these are; None: the package's own 21.
    """

    images: NDArray[np.uint8]
    joints: Floats
    present: Floats
    right: Floats
    joints_m: Floats
    cubes: Floats
    skeleton: str | None = None

    def __len__(self) -> int:
        """Return their number."""
        return len(self.images)

    def cube(self, index: int) -> Cube:
        """Return the cube of a sample."""
        x, y, size, rotation, depth_m, side_m, fx, fy, cx, cy = map(float, self.cubes[index])
        return Cube(Region(x, y, size, rotation), depth_m, side_m, Intrinsics(fx, fy, cx, cy))

    def part(self, numbers: NDArray[np.intp]) -> DepthSamples:
        """Return some of them."""
        return replace(self, **{name: getattr(self, name)[numbers] for name in _FIELDS})

    def first(self, count: int) -> DepthSamples:
        """Return the first of them, or all where there are fewer."""
        return self.part(np.arange(min(count, len(self))))

    @property
    def cube_m(self) -> float:
        """Side of their cubes, metres."""
        return round(float(self.cubes[0, 5]), 6)

    @property
    def joint_count(self) -> int:
        """Number of joints of a hand."""
        return int(self.joints.shape[1])

    @property
    def hands(self) -> DepthSamples:
        """Those that show a hand."""
        return self.part(np.flatnonzero(self.present > 0))


_FIELDS = ("images", "joints", "present", "right", "joints_m", "cubes")


def draw_sample(stream: CropStream, index: int, cube_m: float = CUBE_M) -> DepthSamples | None:
    """Render a hand and cut it out as the tracker does, with a cube of such a side; None without depth."""
    crop = stream.crop(index)
    middle = _RENDERED_PX / 2
    region = Region(middle, middle, _RENDERED_PX / _WIDER, 0.0)
    view = DepthView(crop.metres, crop.camera)
    depth_m = hand_depth_m(view, region)
    if math.isnan(depth_m):
        return None
    cube = Cube.around(region, depth_m, cube_m, crop.camera)
    image = to_bytes(crop_depth(crop.metres, cube, DEPTH_SIZE))
    present = crop.handedness != Handedness.UNKNOWN
    blank = np.zeros((JOINT_COUNT, 3), np.float32)
    camera = crop.camera
    box = cube.region
    numbers = (
        *(box.x, box.y, box.size, box.rotation, depth_m, cube_m),
        *(camera.fx, camera.fy, camera.cx, camera.cy),
    )
    return DepthSamples(
        image[None],
        (cube.from_metres(crop.joints_m) if present else blank)[None],
        np.array([present], np.float32),
        np.array([crop.handedness == Handedness.RIGHT], np.float32),
        (crop.joints_m if present else blank)[None],
        np.array([numbers], np.float32),
    )


def draw_samples(split: str, seed: int, count: int, cube_m: float) -> DepthSamples:
    """Render so many hands of a split, with cubes of such a side, metres."""
    stream = sample_stream(split, seed, empty_share=0.0)
    drawn = (draw_sample(stream, number, cube_m) for number in range(count))
    return joined([one for one in drawn if one is not None])


@lru_cache(maxsize=4)
def sample_stream(split: str, seed: int, empty_share: float) -> CropStream:
    """Return the stream of rendered hands that the samples of a split are cut out of."""
    options = CropOptions(
        size=_RENDERED_PX, split=split, empty_share=empty_share, scale_low=_WIDER, scale_high=_WIDER
    )
    return CropStream(seed, options)


def joined(parts: list[DepthSamples]) -> DepthSamples:
    """Put samples together; at least one."""
    arrays: dict[str, Any] = {
        name: np.concatenate([getattr(part, name) for part in parts]) for name in _FIELDS
    }
    return replace(parts[0], **arrays)


class SampleSource(NamedTuple):
    """Origin of samples.

    Attributes:
        recipe: JSON value by which they are told from others; "skeleton" in it names their data set.
        draw: Returns the sample of a number from 0 on, or None where it shows no depth; it is
            called in other processes.
    """

    recipe: Mapping[str, object]
    draw: Callable[[int], DepthSamples | None]


@dataclass(frozen=True, slots=True)
class SamplesLeftOut:
    """Samples that could not be made.

    Attributes:
        count: Their number.
        problem: A sentence about the last one; "" for none.
    """

    count: int = 0
    problem: str = ""


def rendered_hands(split: str, seed: int, empty_share: float) -> SampleSource:
    """Return rendered hands as a source of samples; see sample_stream."""
    recipe = {"split": split, "seed": seed, "empty_share": empty_share, "cube_m": CUBE_M}
    return SampleSource(recipe, partial(_draw_rendered, split, seed, empty_share))


def _draw_rendered(split: str, seed: int, empty_share: float, index: int) -> DepthSamples | None:
    return draw_sample(sample_stream(split, seed, empty_share), index)


def make_samples(
    folder: Path,
    count: int,
    source: SampleSource,
    on_progress: Progress,
    executor: Executor = THIS_PROCESS,
) -> SamplesLeftOut:
    """Make samples in a folder, or go on where an earlier call was stopped.

    Args:
        folder: Folder to write to, created if missing.
        count: Number of samples.
        source: Where they come from.
        on_progress: Called with the samples made and to make.
        executor: Where the work runs.

    Returns:
        Those that this call could not make.

    Raises:
        ConfigurationError: The folder has samples of another kind, or the source has none.
        OutputError: It cannot be written.
    """
    recipe = dict(source.recipe)
    if (folder / _RECIPE).exists() and _recipe(folder) != recipe:
        msg = f"{folder} has samples of another kind: delete it or choose another folder."
        raise ConfigurationError(msg)
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / _RECIPE, json.dumps(recipe) + "\n")
    starts = range(0, count, _SHARD)
    missing = [start for start in starts if not _shard(folder, start).exists()]
    on_progress(max(count - _SHARD * len(missing), 0), count)
    work = _Work(folder.absolute(), count, source)
    left_out = SamplesLeftOut()
    with closing(executor.as_completed(_make_shard, work, missing)) as made:
        for done, (_, one) in enumerate(made, len(starts) - len(missing) + 1):
            left_out = SamplesLeftOut(left_out.count + one.count, one.problem or left_out.problem)
            on_progress(min(_SHARD * done, count), count)
    return left_out


def _shard(folder: Path, start: int) -> Path:
    return folder / f"{start:07d}.npz"


@dataclass(frozen=True, slots=True)
class _Work:
    """Arguments of make_samples that all processes get."""

    folder: Path
    count: int
    source: SampleSource


def _make_shard(work: _Work, start: int) -> SamplesLeftOut:
    cv2.setNumThreads(1)
    made: list[DepthSamples] = []
    left_out = SamplesLeftOut()
    for number in range(start, min(start + _SHARD, work.count)):
        problem = f"sample {number} shows no depth where the hand is."
        try:
            sample = work.source.draw(number)
        except HandTrackingError as error:
            sample, problem = None, str(error)
        if sample is None:
            left_out = SamplesLeftOut(left_out.count + 1, problem)
        else:
            made.append(sample)
    if not made:
        msg = f"None of {left_out.count} samples could be made, the last one since {left_out.problem}"
        raise ConfigurationError(msg)
    arrays = joined(made)
    shard = _shard(work.folder, start)
    unfinished = shard.with_suffix(".unfinished")
    with unfinished.open("wb") as file:
        np.savez(file, **{name: getattr(arrays, name) for name in _FIELDS})
    unfinished.replace(shard)
    return left_out


def read_samples(folder: Path) -> DepthSamples:
    """Read the samples that are in a folder so far.

    Raises:
        ConfigurationError: There are none.
    """
    parts = []
    for path in sorted(folder.glob("*.npz")):
        with np.load(path, allow_pickle=False) as data:
            parts.append(DepthSamples(*(data[name] for name in _FIELDS)))
    if not parts:
        msg = f"There are no samples in {folder}: make them with hand-tracking-dsp hourglass samples."
        raise ConfigurationError(msg)
    return replace(joined(parts), skeleton=_recipe(folder).get("skeleton"))


def _recipe(folder: Path) -> dict[str, Any]:
    """Read what the samples of a folder are; nothing where it does not say."""
    path = folder / _RECIPE
    recipe: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return recipe
