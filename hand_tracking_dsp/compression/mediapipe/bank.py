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

"""Makes the bank of MediaPipe's own networks: full and lite, palm and hand."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hand_tracking_dsp.compression.bank.entries import new_bank
from hand_tracking_dsp.compression.bank.files import write_bank
from hand_tracking_dsp.compression.bank.model_size import sizes
from hand_tracking_dsp.compression.mediapipe.dead_channels import remove_dead_channels
from hand_tracking_dsp.compression.mediapipe.tflite_to_onnx import convert
from hand_tracking_dsp.documents import require_file, sha256_of
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.temporary import temporary_folder
from hand_tracking_dsp.tracking.composition.onnx_changes import serialized
from hand_tracking_dsp.tracking.contract import LANDMARKS, PALM, Contract
from hand_tracking_dsp.tracking.manifest import Manifest
from hand_tracking_dsp.tracking.network_info import LevelInfo, NetworkInfo

RELEASE = "mediapipe==0.10.21"

# Of the fields in the committed bank.json, which an import makes again byte for byte.
_ORDER = (
    "name", "file", "sha256", "float_sha256", "precision",
    "parameters", "macs", "dead_channels", "latency", "source",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Original:
    """One of MediaPipe's networks: its name, its file in ONNX, and what it keeps to.

    Attributes:
        member: Its path in MediaPipe's wheel.
        sha256: Checksum of the .tflite file.
    """

    name: str
    file: str
    member: str
    sha256: str
    contract: Contract


HANDS = (
    Original(
        "full",
        "hand_full.onnx",
        "mediapipe/modules/hand_landmark/hand_landmark_full.tflite",
        "11c272b891e1a99ab034208e23937a8008388cf11ed2a9d776ed3d01d0ba00e3",
        LANDMARKS,
    ),
    Original(
        "lite",
        "hand_lite.onnx",
        "mediapipe/modules/hand_landmark/hand_landmark_lite.tflite",
        "048edd3645c9bf7397d19a9f6e3a42957d6e414c9bea6598030a2e9b624156e6",
        LANDMARKS,
    ),
)
PALMS = (
    Original(
        "full",
        "palm_full.onnx",
        "mediapipe/modules/palm_detection/palm_detection_full.tflite",
        "1b14e9422c6ad006cde6581a46c8b90dd573c07ab7f3934b5589e7cea3f89a54",
        PALM,
    ),
    Original(
        "lite",
        "palm_lite.onnx",
        "mediapipe/modules/palm_detection/palm_detection_lite.tflite",
        "e9a4aaddf90dda56a87235303cf00e4c2d3fb28725f68fd88772997dac905c18",
        PALM,
    ),
)


def read_originals(wheel: Path | None) -> dict[str, bytes]:
    """Read MediaPipe's networks, each checked by its sha256.

    Args:
        wheel: MediaPipe's wheel, or an unpacked one's folder; None fetches the wheel with pip.

    Returns:
        The .tflite files by their path in the wheel.

    Raises:
        ModelError: The wheel cannot be had or read, or holds other networks.
    """
    if wheel is None:
        with temporary_folder() as folder:
            return read_originals(_fetched_wheel(folder))
    try:
        if wheel.is_dir():
            data = {original.member: (wheel / original.member).read_bytes() for original in (*HANDS, *PALMS)}
        else:
            require_file(wheel)
            with zipfile.ZipFile(wheel) as archive:
                data = {original.member: archive.read(original.member) for original in (*HANDS, *PALMS)}
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        msg = f"MediaPipe's networks cannot be read from {wheel} ({reason}): give the wheel of {RELEASE}."
        raise ModelError(msg) from error
    for original in (*HANDS, *PALMS):
        if sha256_of(data[original.member]) != original.sha256:
            msg = f"{original.member} in {wheel} is not that of {RELEASE}: give that release's wheel."
            raise ModelError(msg)
    return data


def make_bank(originals: dict[str, bytes], folder: Path) -> Manifest:
    """Write the four networks, given by their path in the wheel, as ONNX, and bank.json.

    Raises:
        ModelError: A network cannot be converted.
        OutputError: The folder cannot be written.
    """
    files: dict[str, bytes] = {}
    bank = new_bank(
        "mediapipe",
        "Apache-2.0",
        f"PyPI wheel of {RELEASE}",
        [LevelInfo(index=0, sparsity=0.0, **_network(original, originals, files)) for original in HANDS],
        [NetworkInfo(**_network(original, originals, files)) for original in PALMS],
    )
    order = (*_ORDER, "index", "sparsity", "keep", "accuracy")
    levels = tuple(replace(level, order=order) for level in bank.levels)
    return write_bank(folder, bank.with_levels(levels), files)


def _network(original: Original, originals: dict[str, bytes], files: dict[str, bytes]) -> dict[str, Any]:
    """Convert a network and put it among the files; return the fields that describe it."""
    model = convert(originals[original.member], original.contract, Path(original.file).stem)
    dead_channels = remove_dead_channels(model)
    data = serialized(model)
    files[original.file] = data
    return {
        "name": original.name,
        "file": original.file,
        "sha256": sha256_of(data),
        "precision": "fp32",
        **sizes(model),
        "dead_channels": dead_channels,
        "source": {"file": original.member, "sha256": original.sha256},
        "order": _ORDER,
    }


def _fetched_wheel(folder: Path) -> Path:
    # The networks are the same in every platform's wheel; this one exists for any Python here.
    command = [
        sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:",
        "--python-version", "3.11", "--platform", "manylinux_2_28_x86_64", "--dest", str(folder), RELEASE,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = list(folder.glob("*.whl"))
    if done.returncode or not wheels:
        reason = (done.stderr.strip().splitlines() or ["no wheel came"])[-1]
        msg = f"The wheel of {RELEASE} could not be fetched ({reason}): give it with --wheel."
        raise ModelError(msg)
    return wheels[0]
