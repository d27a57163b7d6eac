"""What an inference backend offers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.tracking.network_info import PRECISIONS
from hand_tracking_dsp.tracking.types import Floats


@dataclass(frozen=True, slots=True)
class RuntimeOptions:
    """How to run networks.

    Attributes:
        backend: "onnxruntime" or "openvino".
        providers: ONNX Runtime's execution providers, best first: "tensorrt", "cuda", "cpu"; those
            that the installed ONNX Runtime lacks are passed over.
        require_accelerator: Fail where the network would run on the CPU, instead of being slow.
        tensorrt_cache_dir: Where TensorRT keeps its engines; "" = ~/.cache/hand_tracking_dsp/tensorrt.
        device: OpenVINO's device: "CPU", "GPU", "NPU", "AUTO".
        precision: One of "auto", "fp32", "fp16", "bf16", "int8". A bank or detector that is loaded takes
            the network's files and the arithmetic that give it; "auto" lets precision.choose decide. A
            single session computes in it where the backend can; "auto" and "int8" run the file as it is.
        precision_tolerance: By how much a faster precision may be worse than the level's best one, in
            percent of palm size; of a palm detector's recall, in percent. At least 0.
        threads: Threads of one network on the CPU; 0 = the backend's own choice.
    """

    backend: str = "onnxruntime"
    providers: tuple[str, ...] = ("tensorrt", "cuda", "cpu")
    require_accelerator: bool = False
    tensorrt_cache_dir: str = ""
    device: str = "CPU"
    precision: str = "auto"
    precision_tolerance: float = 1.5
    threads: int = 1

    def __post_init__(self) -> None:
        """Refuse what cannot be.

        Raises:
            ConfigurationError: The number of threads or the tolerance is negative, or there is no such
                precision.
        """
        if self.precision not in ("auto", *PRECISIONS):
            known = ", ".join(("auto", *PRECISIONS))
            msg = f"There is no precision {self.precision!r}: choose one of {known}."
            raise ConfigurationError(msg)
        if not self.precision_tolerance >= 0:
            msg = f"The precision_tolerance is {self.precision_tolerance}: it must be at least 0 %."
            raise ConfigurationError(msg)
        if self.threads < 0:
            msg = f"The number of threads is {self.threads}: it must be at least 0 (the backend's choice)."
            raise ConfigurationError(msg)


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """Name and shape of a float32 tensor; -1 where a size is not fixed."""

    name: str
    shape: tuple[int, ...]


class Session(Protocol):
    """An opened network with one input."""

    @property
    def provider(self) -> str:
        """Backend and execution provider in use, "backend/provider"."""

    @property
    def inputs(self) -> tuple[TensorSpec, ...]:
        """The network's inputs."""

    @property
    def outputs(self) -> tuple[TensorSpec, ...]:
        """The network's outputs, in its own order."""

    def run(self, tensor: Floats) -> tuple[Floats, ...]:
        """Run the network.

        Args:
            tensor: float32, shaped as the input, C-contiguous.

        Returns:
            float32 arrays in the order of outputs, the caller's to keep.

        Raises:
            BackendError: The backend failed.
        """
