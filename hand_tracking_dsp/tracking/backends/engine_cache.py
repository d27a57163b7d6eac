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

"""Keeps TensorRT's engines: building one takes minutes on a Jetson.

ONNX Runtime names an engine in its cache by names alone (of the graph, its inputs, its weights and the
outputs of its nodes) and by versions, not by weights or shapes. Levels of a bank differ in just these, and
one would run the engine of another. Each network therefore gets a folder and a graph name of its own.
"""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from hand_tracking_dsp.documents import sha256_of
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.resources import cache_folder
from hand_tracking_dsp.tracking.backends.base import Sides

# Its major version is in the library's name: 8 is JetPack 5's, 10 is JetPack 6's.
_TENSORRT = tuple(f"libnvinfer.so.{major}" for major in range(8, 16))
_UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class EngineCache:
    """The folder of one network's engines.

    Attributes:
        folder: Path to the folder, which is there; None where engines cannot be kept.
        problem: Sentence that says why they cannot, or nothing.
    """

    folder: Path | None
    problem: str = ""

    @classmethod
    def of(
        cls,
        network: bytes,
        precision: str,
        runtime_version: str,
        chosen: str = "",
        sides: Sides | None = None,
    ) -> EngineCache:
        """Make the folder of a network's engines.

        It is named by the network's sha256, precision and size, below one named by the versions of ONNX
        Runtime and TensorRT and the device, for which alone an engine is built.

        Args:
            network: The ONNX file.
            precision: Arithmetic that the engine is built for.
            runtime_version: Version of ONNX Runtime.
            chosen: Folder of all engines; empty: in the user's cache.
            sides: Size of the image of a network that takes one of any size.

        Raises:
            ConfigurationError: The chosen folder cannot be written.
        """
        built_for = f"onnxruntime-{runtime_version}_tensorrt-{_tensorrt_version()}_{_device()}"
        parts = (
            re.sub(r"[^A-Za-z0-9._-]+", "-", built_for),
            f"{sha256_of(network)}_{precision}{_sized(sides)}",
        )
        if chosen:
            try:
                return cls(_made(Path(chosen), parts))
            except OSError as error:
                msg = (
                    f"TensorRT's engines cannot be kept in {chosen} ({error.strerror}): set "
                    f"tensorrt_cache_dir to a folder that this user can write, and no other."
                )
                raise ConfigurationError(msg) from error
        root = cache_folder()
        try:
            if root is None:
                raise FileNotFoundError(0, "this user has no home folder")
            return cls(_made(root / "tensorrt", parts))
        except OSError as error:
            problem = (
                f"TensorRT's engines are not kept ({root or 'no cache'}: {error.strerror}), and every start "
                f"builds them again: set tensorrt_cache_dir to a folder that this user can write."
            )
            return cls(None, problem)

    @property
    def filled(self) -> bool:
        """True if something was kept there before."""
        return self.folder is not None and any(self.folder.iterdir())

    def clear(self) -> None:
        """Remove what is kept, such as an engine that a power cut left half written."""
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir(mode=0o700, exist_ok=True)


def with_own_graph_name(network: bytes, sides: Sides | None = None) -> bytes:
    """Rename a network's graph after the network's sha256, and the size that its image is given.

    Protocol buffers are merged with what is appended to them: of a field that comes twice the last counts.

    Args:
        network: The ONNX file.
        sides: Size of the image of a network that takes one of any size.

    Returns:
        The ONNX file with another ModelProto.graph.name, the same in all else.
    """
    name = f"network_{sha256_of(network)}{_sized(sides)}".encode()
    field = b"\x12" + bytes([len(name)]) + name  # GraphProto.name
    return network + b"\x3a" + bytes([len(field)]) + field  # ModelProto.graph


def _sized(sides: Sides | None) -> str:
    return "_{}x{}".format(*sides) if sides else ""


def _made(root: Path, parts: tuple[str, ...]) -> Path:
    """Make a folder for this user alone: who can write there can have the robot run other code.

    Raises:
        OSError: It cannot be made or written, or belongs to others.
    """
    root.mkdir(parents=True, exist_ok=True)
    folder = root
    for part in parts:
        folder = folder / part
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.stat()
        if found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o022:
            raise PermissionError(0, f"{folder} can be written by other users")
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(0, f"{folder} cannot be written")
    return folder


def _tensorrt_version() -> str:
    """Return the versions of the TensorRT libraries that can be loaded."""
    found = []
    for name in _TENSORRT:
        try:
            found.append(str(ctypes.CDLL(name).getInferLibVersion()))
        except (AttributeError, OSError):
            continue
    return "-".join(found) or _UNKNOWN


def _device() -> str:
    """Return the name and the compute capability of the first GPU."""
    name, capability = ctypes.create_string_buffer(100), (ctypes.c_int(), ctypes.c_int())
    device = ctypes.c_int()
    try:
        cuda = ctypes.CDLL("libcuda.so.1")
        failed = (
            cuda.cuInit(0)
            or cuda.cuDeviceGet(ctypes.byref(device), 0)
            or cuda.cuDeviceGetName(name, len(name), device)
            # CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR and _MINOR.
            or cuda.cuDeviceGetAttribute(ctypes.byref(capability[0]), 75, device)
            or cuda.cuDeviceGetAttribute(ctypes.byref(capability[1]), 76, device)
        )
    except (AttributeError, OSError):
        return _UNKNOWN
    if failed:
        return _UNKNOWN
    return f"{name.value.decode(errors='replace')}-sm{capability[0].value}{capability[1].value}"
