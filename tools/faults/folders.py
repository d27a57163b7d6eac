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

"""Files that a graph under test reads, and that faults damage."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import cv2

from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.synthetic import SyntheticHandSource
from hand_tracking_dsp.files import write_bytes
from hand_tracking_dsp.resources import DEFAULT_BANK, DEFAULT_POLICY, share_path

RATE_HZ = 10.0
"""Images a second of the camera under test."""

_PICTURES = 40
_SIZE = (320, 240)


@dataclass(frozen=True, slots=True)
class Folders:
    """Files below one folder.

    Attributes:
        root: The folder.
    """

    root: Path

    @property
    def pictures(self) -> Path:
        """Folder of pictures that stands in for the camera."""
        return self.root / "pictures"

    @property
    def bank(self) -> Path:
        """Copy of the package's bank."""
        return self.root / "bank"

    @property
    def policy(self) -> Path:
        """Copy of the package's policy, its manifest."""
        return self.root / "policy" / Path(DEFAULT_POLICY).name

    @property
    def log(self) -> Path:
        """What the nodes print."""
        return self.root / "nodes.log"

    def make(self) -> None:
        """Write all of them.

        Raises:
            OutputError: The folder cannot be written.
        """
        options = SourceOptions(width=_SIZE[0], height=_SIZE[1], rate_hz=RATE_HZ, absence_s=0)
        with SyntheticHandSource(options) as camera:
            for number in range(_PICTURES):
                frame = camera.read()
                if frame is not None:
                    write_bytes(
                        self.pictures / f"{number:03}.png", cv2.imencode(".png", frame.image)[1].tobytes()
                    )
        shutil.copytree(share_path(DEFAULT_BANK), self.bank)
        for suffix in (".json", ".onnx"):
            source = share_path(DEFAULT_POLICY).with_suffix(suffix)
            write_bytes(self.policy.with_suffix(suffix), source.read_bytes())
