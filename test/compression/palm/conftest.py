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

"""A palm detector small enough for tests, and pictures."""

from importlib.util import find_spec

import cv2
import numpy as np
import pytest

# Without these no test here is collected; see test/conftest.py.
if find_spec("onnx"):
    import onnx
    from onnx import TensorProto, helper, numpy_helper

_CHANNELS = 64


@pytest.fixture(scope="package")
def detector():
    """A network of the detector's form and contract: 5x5 kernels, residual blocks, two grids, a resize."""
    random = np.random.default_rng(0)
    constants, nodes = {}, []

    def conv(name, source, target, outputs, inputs, size, stride=1, *, depthwise=False):
        shape = (outputs, 1 if depthwise else inputs, size, size)
        constants[f"{name}.weight"] = random.normal(size=shape) / np.sqrt(np.prod(shape[1:]))
        constants[f"{name}.bias"] = random.normal(size=outputs) / 10
        pads = [size // 2] * 4 if stride == 1 else [1, 1, 2, 2]
        nodes.append(
            helper.make_node(
                "Conv",
                [source, f"{name}.weight", f"{name}.bias"],
                [target],
                name=name,
                group=outputs if depthwise else 1,
                kernel_shape=[size, size],
                strides=[stride, stride],
                pads=pads,
            )
        )

    def prelu(name, source, target):
        slope = random.normal(size=(_CHANNELS, 1, 1)) / 2
        constants[f"{name}.slope"], constants[f"{name}.rest"] = slope, 1 - slope
        nodes.append(helper.make_node("Relu", [source], [f"{name}.positive"]))
        nodes.append(helper.make_node("Mul", [f"{name}.positive", f"{name}.rest"], [f"{name}.a"]))
        nodes.append(helper.make_node("Mul", [source, f"{name}.slope"], [f"{name}.b"]))
        nodes.append(helper.make_node("Add", [f"{name}.a", f"{name}.b"], [target]))

    def head(name, source, anchors, cells):
        for what, values in (("scores", 1), ("boxes", 18)):
            conv(f"{name}.{what}", source, f"{name}.{what}.grid", anchors * values, _CHANNELS, 1)
            last = f"{name}.{what}.last"
            nodes.append(helper.make_node("Transpose", [f"{name}.{what}.grid"], [last], perm=[0, 2, 3, 1]))
            constants[f"{name}.{what}.shape"] = np.array([1, anchors * cells, values])
            nodes.append(helper.make_node("Reshape", [last, f"{name}.{what}.shape"], [f"{name}.{what}"]))

    conv("stem.conv", "image", "stem", _CHANNELS, 3, 5, 2)
    prelu("stem.prelu", "stem", "stem.out")
    conv("block01.depthwise", "stem.out", "hidden", _CHANNELS, _CHANNELS, 5, depthwise=True)
    conv("block01.project", "hidden", "mixed", _CHANNELS, _CHANNELS, 1)
    nodes.append(helper.make_node("Add", ["stem.out", "mixed"], ["sum"]))
    prelu("block01.prelu", "sum", "fine")
    nodes.append(helper.make_node("MaxPool", ["fine"], ["coarse"], kernel_shape=[8, 8], strides=[8, 8]))
    constants["scales"] = np.array([1, 1, 2, 2], np.float32)
    nodes.append(
        helper.make_node(
            "Resize", ["coarse", "", "scales"], ["large"], mode="linear",
            coordinate_transformation_mode="half_pixel",
        )
    )  # fmt: skip
    conv("lateral.project", "large", "middle", _CHANNELS, _CHANNELS, 1)
    head("fine", "middle", 2, 24 * 24)
    head("coarse", "coarse", 6, 12 * 12)
    nodes += [
        helper.make_node("Concat", [f"fine.{what}", f"coarse.{what}"], [what], axis=1)
        for what in ("boxes", "scores")
    ]
    arrays = {
        name: value if value.dtype == np.int64 else value.astype(np.float32)
        for name, value in constants.items()
    }
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, 192, 192])],
        [
            helper.make_tensor_value_info("boxes", TensorProto.FLOAT, [1, 2016, 18]),
            helper.make_tensor_value_info("scores", TensorProto.FLOAT, [1, 2016, 1]),
        ],
        [numpy_helper.from_array(value, name) for name, value in arrays.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    return model


@pytest.fixture(scope="package")
def images():
    """Smooth random pictures, uint8 [32, 192, 192, 3]."""
    random = np.random.default_rng(1)
    few = random.integers(0, 256, (32, 12, 12, 3), dtype=np.uint8)
    return np.stack([cv2.resize(one, (192, 192), interpolation=cv2.INTER_CUBIC) for one in few])


@pytest.fixture
def picture_folder(tmp_path):
    """A folder of 60 pictures of two sizes."""
    folder = tmp_path / "photos"
    folder.mkdir()
    random = np.random.default_rng(2)
    for i in range(60):
        shape = (48, 64, 3) if i % 2 else (64, 40, 3)
        cv2.imwrite(str(folder / f"{i:03}.png"), random.integers(0, 256, shape, dtype=np.uint8))
    return folder
