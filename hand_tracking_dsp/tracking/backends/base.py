"""What an inference backend offers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.tracking.types import Floats


@dataclass(frozen=True, slots=True)
class RuntimeOptions:
    """How to run networks.

    Attributes:
        backend: "onnxruntime" or "openvino".
        providers: ONNX Runtime's execution providers, best first: "tensorrt", "cuda", "cpu"; those
            that the installed ONNX Runtime lacks are passed over.
        require_accelerator: Fail where the network would run on the CPU, instead of being slow.
        tensorrt_fp16: Let TensorRT compute in half precision.
        tensorrt_cache_dir: Where TensorRT keeps its engines; "" = ~/.cache/hand_tracking_dsp/tensorrt.
        device: OpenVINO's device: "CPU", "GPU", "NPU", "AUTO".
        precision: OpenVINO's inference precision: "f32", "f16", "bf16", or "auto" for the device's own.
        threads: Threads of one network on the CPU; 0 = the backend's own choice.
    """

    backend: str = "onnxruntime"
    providers: tuple[str, ...] = ("tensorrt", "cuda", "cpu")
    require_accelerator: bool = False
    tensorrt_fp16: bool = True
    tensorrt_cache_dir: str = ""
    device: str = "CPU"
    precision: str = "f32"
    threads: int = 1

    def __post_init__(self) -> None:
        """Refuse a number of threads that cannot be.

        Raises:
            ConfigurationError: It is negative.
        """
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
