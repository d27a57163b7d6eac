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

"""Hands that the networks of a bank are checked on: pictures, statues, or depth, as the bank sees them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.factory import open_source
from hand_tracking_dsp.commands.arguments import name_unreadable
from hand_tracking_dsp.compression.bank.checks import CheckedHands
from hand_tracking_dsp.compression.data.pictures import list_pictures, spread
from hand_tracking_dsp.compression.statues.pictures import sees_statues, statue_pictures
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.images.options import ImageOptions
from hand_tracking_dsp.tracking.manifest import Manifest
from hand_tracking_dsp.tracking.types import Image


def checked_hands(bank: Manifest, folder: Path | None, count: int, limit: ImageOptions) -> CheckedHands:
    """Read pictures from a folder, or draw hands as a bank sees them.

    Args:
        bank: The bank.
        folder: Folder of pictures; None: hands are drawn.
        count: Number of pictures, and of cubes of depth for levels that see it.
        limit: Limits of the pictures.

    Raises:
        SourceError: The folder is missing or holds no picture.
        ConfigurationError: None of its pictures can be read, or the bank sees depth, which they have not.
    """
    cube_m = next((level.depth.cube_m for level in bank.levels if level.depth), None)
    if folder is not None:
        if cube_m is not None:
            msg = f"The bank {bank.name} sees depth, which pictures have not: leave out --images."
            raise ConfigurationError(msg)
        return _of_folder(folder, count, limit)
    if cube_m is not None:
        from hand_tracking_dsp.compression.hourglass.samples import draw_samples

        depths = draw_samples("test", 0, count, cube_m).images
        return CheckedHands(f"{count} rendered hands", statue_pictures(count), depths)
    if sees_statues(bank):
        return CheckedHands(f"{count} rendered statues", statue_pictures(count))
    # A frame a second: gestures and views differ.
    with open_source("synthetic", SourceOptions(rate_hz=1.0, absence_s=0.0)) as source:
        frames = [source.read(1.0) for _ in range(count)]
    images = [frame.image for frame in frames if frame is not None]
    return CheckedHands(f"{count} synthetic hands", images)


def _of_folder(folder: Path, count: int, limit: ImageOptions) -> CheckedHands:
    chosen = spread([list_pictures(folder, limit, name_unreadable())])[:count]
    images: Sequence[Image] = [image for picture in chosen if (image := picture.read()) is not None]
    if not images:
        msg = f"None of {len(chosen)} pictures in {folder} can be read: give .jpg or .png files."
        raise ConfigurationError(msg)
    return CheckedHands(f"{chosen[0].source} ({len(images)} pictures)", images)
