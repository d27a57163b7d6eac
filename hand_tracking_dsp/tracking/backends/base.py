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

"""Interface of inference backends, and their options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from hand_tracking_dsp.options import check_options, option
from hand_tracking_dsp.tracking.network_info import PRECISIONS
from hand_tracking_dsp.tracking.types import Floats, Image

BACKENDS = ("onnxruntime", "openvino")
"""Names of the backends, the usual one first; each is a module here with alternatives, open_session and
providers_by_precision."""

FREE_SIDES = ("height", "width")
"""Names of the image's sides in a network that takes an image of any size."""

Sides = tuple[int, int]
"""Height and width of an image, pixels."""

PROVIDERS = ("tensorrt", "cuda", "cpu")
"""ONNX Runtime's execution providers, best first."""


@dataclass(frozen=True, slots=True)
class RuntimeOptions:
    """Settings of inference.

    A bank or detector that is loaded takes the backend, the network's files and the arithmetic that give the
    precision; "auto" lets precision.choose decide. A single session takes the first backend of BACKENDS that
    opens it, and computes in the precision where the backend can; "auto" and "int8" run the file as it is.
    Providers that the installed ONNX Runtime lacks, or that do not open, are passed over.
    """

    backend: str = option(
        "auto",
        "Inference backend; auto: ONNX Runtime, and OpenVINO for each network that was measured to be faster "
        "there.",
        choices=("auto", *BACKENDS),
    )
    providers: tuple[str, ...] = option(
        PROVIDERS,
        "Execution providers of ONNX Runtime; of each network the first that opens is used.",
        choices=PROVIDERS,
    )
    device: str = option("CPU", "Device of OpenVINO: CPU, GPU, NPU or AUTO.")
    precision: str = option(
        "auto",
        "Precision of all networks; auto: of each the fastest that was measured to be good enough.",
        choices=("auto", *PRECISIONS),
    )
    precision_tolerance: float = option(
        1.5,
        "How much worse than a level's best precision auto may choose.",
        "% of palm size; of a palm detector: % of recall",
        0,
        100,
    )
    threads: int = option(1, "Threads per inference; 0: the backend's choice.", "threads", 0, 256)
    require_accelerator: bool = option(
        False, "Fail at configure rather than run on the CPU where a GPU was meant."
    )
    tensorrt_cache_dir: str = option(
        "",
        "Folder of built TensorRT engines; empty: tensorrt in the package's cache (~/.cache).",
        locked=True,
    )

    def __post_init__(self) -> None:
        """Raise ConfigurationError where a value cannot work."""
        check_options(self)


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """Description of a network's input or output.

    Attributes:
        name: Its name.
        shape: Its sizes; -1 where one is not fixed.
        dtype: Type of its numbers, as NumPy calls it; the runtime's own name where NumPy has none.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str = "float32"


class Session(Protocol):
    """An opened network with one input."""

    @property
    def provider(self) -> str:
        """Backend and execution provider in use, "backend/provider"."""

    @property
    def nodes(self) -> Mapping[str, int]:
        """Nodes by the execution provider that runs them; empty where one runs all, or it is not known."""

    @property
    def problem(self) -> str:
        """Sentence about what does not work as wanted, though the network runs; or nothing."""

    @property
    def inputs(self) -> tuple[TensorSpec, ...]:
        """The network's inputs."""

    @property
    def outputs(self) -> tuple[TensorSpec, ...]:
        """The network's outputs, in its own order."""

    def run(self, tensor: Floats | Image) -> tuple[Floats, ...]:
        """Run the network.

        Args:
            tensor: Typed and shaped as the input, C-contiguous.

        Returns:
            float32 arrays in the order of outputs, the caller's to keep.

        Raises:
            BackendError: The backend failed.
        """


def first_line(error: Exception) -> str:
    """Return the first line of a backend's error, for a sentence."""
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
