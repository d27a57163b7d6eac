"""Dense network as a teacher: its outputs, and the features that its heads read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

from hand_tracking_dsp.compression.bank.deviation import as_input
from hand_tracking_dsp.compression.onnx_graph import copied
from hand_tracking_dsp.errors import ModelError

FEATURES = "features"


@dataclass(frozen=True, slots=True)
class TeacherOutput:
    """Teacher's labels of one picture.

    Attributes:
        landmarks: float32 [63], pixels of the crop.
        world_landmarks: float32 [63], metres.
        presence: Probability of a hand, 0 to 1.
        handedness: Probability of a right hand, 0 to 1.
        features: float16 [channels]: pooled features that all heads read.
    """

    landmarks: NDArray[np.float32]
    world_landmarks: NDArray[np.float32]
    presence: float
    handedness: float
    features: NDArray[np.float16]


class Teacher:
    """Runs the dense network on single pictures, in ONNX Runtime with one thread.

    Args:
        model: Landmark network that keeps the contract, see tracking.contract.

    Raises:
        ModelError: Its landmark head reads no pooled features.
    """

    def __init__(self, model: onnx.ModelProto) -> None:
        extended = copied(model)
        head = next((node for node in extended.graph.node if "landmarks" in node.output), None)
        if head is None or head.op_type != "Gemm":
            msg = (
                "The teacher's landmarks do not come from a linear layer: give a landmark network of a bank."
            )
            raise ModelError(msg)
        self._features = head.input[0]
        extended.graph.output.append(
            onnx.helper.make_tensor_value_info(self._features, onnx.TensorProto.FLOAT, None)
        )
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            extended.SerializeToString(), settings, providers=["CPUExecutionProvider"]
        )

    def label(self, image: NDArray[np.uint8]) -> TeacherOutput:
        """Label a picture.

        Args:
            image: uint8 [224, 224, 3], RGB.
        """
        names = ["landmarks", "world_landmarks", "presence", "handedness", self._features]
        landmarks, world, presence, handedness, features = self._session.run(
            names, {"image": as_input(image)}
        )
        return TeacherOutput(
            landmarks[0], world[0], presence.item(), handedness.item(), features[0].astype(np.float16)
        )
