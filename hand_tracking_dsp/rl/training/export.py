"""A trained policy as ONNX: normalization, network, mask and arg-max in one graph, with its contract."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from hand_tracking_dsp import __version__
from hand_tracking_dsp.control.actions import Action
from hand_tracking_dsp.control.learned import LearnedPolicy
from hand_tracking_dsp.control.observation import OBSERVATION
from hand_tracking_dsp.control.policy_file import METADATA_KEY, PolicyContract, manifest_text
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.files import write_bytes, write_text
from hand_tracking_dsp.rl.simulation.episode import STEP_S
from hand_tracking_dsp.rl.training.encoding import (
    LEVEL_INDEX,
    NUMBER_INDEX,
    NUMBERS,
    constants,
    encode,
)
from hand_tracking_dsp.tracking.manifest import Manifest

Floats = NDArray[np.float32]

_OPSET = 17
_IR_VERSION = 8
_IMPOSSIBLE = -1e9


@dataclass(frozen=True, slots=True, eq=False)
class Mlp:
    """A multilayer perceptron from features to a score for each action.

    Attributes:
        layers: Weight [out, in] and bias [out] of each layer, float32.
        activation: Between two layers: "Tanh" or "Relu", names of ONNX operators.
        blank: Entries of the observation that it never saw measured, by index; the graph keeps them so.
    """

    layers: tuple[tuple[Floats, Floats], ...]
    activation: str
    blank: tuple[int, ...] = ()


def policy_network(mlp: Mlp, contract: PolicyContract) -> bytes:
    """Build a policy's ONNX file.

    Args:
        mlp: What was trained, its first layer [.., encoded_size(levels)], its last [3, ..].
        contract: Goes into the metadata.
    """
    graph = _Graph()
    graph.features(contract.levels, mlp.blank)
    name = "features"
    for index, (weight, bias) in enumerate(mlp.layers):
        last = index == len(mlp.layers) - 1
        out = "raw_scores" if last else f"hidden{index}"
        inputs = [name, graph.constant(f"weight{index}", weight), graph.constant(f"bias{index}", bias)]
        graph.node("Gemm", inputs, out if last else f"{out}_sum", transB=1)
        if not last:
            graph.node(mlp.activation, [f"{out}_sum"], out)
        name = out
    impossible = graph.constant("impossible", np.float32(_IMPOSSIBLE))
    graph.node("Where", ["mask", name, impossible], "scores")
    graph.node("ArgMax", ["scores"], "action", axis=1, keepdims=0)
    model = graph.model()
    helper.set_model_props(model, {METADATA_KEY: contract.to_json()})
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString())


def export_policy(mlp: Mlp, bank: Manifest, path: Path, training: dict[str, Any]) -> None:
    """Write a policy and its manifest, after checking that ONNX Runtime takes the same actions.

    Args:
        mlp: What was trained.
        bank: The bank it was trained for.
        path: Of the .onnx file; the manifest lies beside it.
        training: Settings and provenance for the metadata.

    Raises:
        ModelError: The exported policy takes another action than the trained one.
        OutputError: A file cannot be written.
    """
    contract = PolicyContract.of(bank, STEP_S, {"package": __version__, **training})
    network = policy_network(mlp, contract)
    differing = parity(network, mlp, bank)
    if differing:
        msg = f"The exported policy takes another action on {differing} of {PARITY} observations: report it."
        raise ModelError(msg)
    write_bytes(path, network)
    write_text(path.with_suffix(".json"), manifest_text(path.name, network))


PARITY = 10_000
"""Random observations that an exported policy is checked on."""


def parity(network: bytes, mlp: Mlp, bank: Manifest, count: int = PARITY, seed: int = 0) -> int:
    """Count the random observations on which ONNX Runtime takes another action than PyTorch.

    Observations are uniform within twice the range that is normalized, so that clipping is met too; a
    tenth of all entries is NaN. Masks are random, keeping is always possible.
    """
    import torch

    levels = len(bank.levels)
    observations, masks = random_observations(levels, count, seed)
    features = encode(_blanked(observations, mlp.blank), levels)
    tensor = torch.from_numpy(features)
    for index, (weight, bias) in enumerate(mlp.layers):
        tensor = torch.nn.functional.linear(tensor, torch.from_numpy(weight), torch.from_numpy(bias))
        if index < len(mlp.layers) - 1:
            tensor = torch.tanh(tensor) if mlp.activation == "Tanh" else torch.relu(tensor)
    scores = torch.where(torch.from_numpy(masks), tensor, torch.tensor(_IMPOSSIBLE))
    expected = scores.argmax(dim=1).numpy()
    found = LearnedPolicy(network, bank).actions(observations, masks)
    return int(np.count_nonzero(expected != found))


def random_observations(levels: int, count: int, seed: int) -> tuple[Floats, NDArray[np.bool_]]:
    """Draw observations, float32 [count, len(OBSERVATION)], and masks, bool [count, 3]."""
    random = np.random.default_rng(seed)
    low, scale, _ = constants()
    numbers: NDArray[np.float64] = low + random.uniform(-0.5, 1.5, (count, len(NUMBERS))) / scale
    numbers[random.random(numbers.shape) < 0.1] = np.nan
    observations = np.empty((count, len(OBSERVATION)), dtype=np.float32)
    observations[:, NUMBER_INDEX] = numbers
    observations[:, LEVEL_INDEX] = random.integers(levels, size=count)
    masks = random.random((count, len(Action))) < 0.7
    masks[:, Action.KEEP] = True
    return observations, masks


def _blanked(observations: Floats, blank: tuple[int, ...]) -> Floats:
    result: Floats = observations.copy()
    result[:, list(blank)] = np.nan
    return result


class _Graph:
    """Collects nodes and constants."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def constant(self, name: str, value: NDArray[Any] | np.generic) -> str:
        self._constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def node(self, operator: str, inputs: list[str], output: str, **attributes: int) -> str:
        self._nodes.append(helper.make_node(operator, inputs, [output], **dict[str, Any](attributes)))
        return output

    def features(self, levels: int, blank: tuple[int, ...]) -> None:
        """Write encoding.encode as nodes, from "observation" to "features"."""
        low, scale, missing = constants()
        seen = np.ones(len(OBSERVATION), dtype=np.bool_)
        seen[list(blank)] = False
        self.constant("number_index", NUMBER_INDEX.astype(np.int64))
        self.constant("level_index", np.array([LEVEL_INDEX], dtype=np.int64))
        self.node("Gather", ["observation", "number_index"], "numbers", axis=1)
        self.node("IsNaN", ["numbers"], "not_measured")
        never = self.constant("never_measured", ~seen[NUMBER_INDEX])
        self.node("Or", ["not_measured", never], "missing")
        self.node("Where", ["missing", self.constant("stand_in", missing), "numbers"], "filled")
        self.node("Sub", ["filled", self.constant("low", low)], "shifted")
        self.node("Mul", ["shifted", self.constant("scale", scale)], "unclipped")
        bounds = [self.constant("zero", np.float32(0)), self.constant("one", np.float32(1))]
        self.node("Clip", ["unclipped", *bounds], "scaled")
        self.node("Not", ["missing"], "measured")
        self.node("Cast", ["measured"], "measured_number", to=TensorProto.FLOAT)
        self.node("Gather", ["observation", "level_index"], "level", axis=1)
        self.node("Equal", ["level", self.constant("levels", np.arange(levels, dtype=np.float32))], "at")
        self.node("Cast", ["at"], "at_number", to=TensorProto.FLOAT)
        self.node("Concat", ["scaled", "measured_number", "at_number"], "features", axis=1)

    def model(self) -> onnx.ModelProto:
        boolean, number = TensorProto.BOOL, TensorProto.FLOAT
        inputs = [
            helper.make_tensor_value_info("observation", number, ["n", len(OBSERVATION)]),
            helper.make_tensor_value_info("mask", boolean, ["n", len(Action)]),
        ]
        outputs = [
            helper.make_tensor_value_info("action", TensorProto.INT64, ["n"]),
            helper.make_tensor_value_info("scores", number, ["n", len(Action)]),
        ]
        graph = helper.make_graph(self._nodes, "policy", inputs, outputs, self._constants)
        opset = helper.make_opsetid("", _OPSET)
        return helper.make_model(
            graph, producer_name="hand_tracking_dsp", opset_imports=[opset], ir_version=_IR_VERSION
        )
