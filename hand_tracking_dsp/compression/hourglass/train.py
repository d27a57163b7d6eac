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

"""Training of stacked hourglasses; it can be stopped and resumed at any time."""

from __future__ import annotations

import io
import json
import math
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import numpy as np
import torch
from torch import Tensor

from hand_tracking_dsp.compression.hourglass.augment import CubeAugmentation, augmented
from hand_tracking_dsp.compression.hourglass.evaluate import exit_errors_mm
from hand_tracking_dsp.compression.hourglass.loss import LossWeights, Targets, total_loss
from hand_tracking_dsp.compression.hourglass.network import Exit, HourglassNetwork, HourglassOptions, Maps
from hand_tracking_dsp.compression.hourglass.samples import DepthSamples
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.files import write_bytes, write_text

Progress = Callable[[int, int, str], None]
"""Called with the steps done, their number, and a line of figures."""

Guide = Callable[[Tensor, dict[Exit, Maps]], Tensor]
"""Returns a further loss of a batch of depth and a network's maps of it, as a teacher's."""


@dataclass(frozen=True, slots=True)
class HourglassTrainingOptions:
    """Options of a training.

    Attributes:
        steps: Number of batches.
        batch: Samples in a batch.
        learning_rate: Highest learning rate.
        warmup: Batches over which it rises.
        hold: Share of the steps before it falls to 0 along a cosine; a training that has not come so far, or
            its checkpoint plateau.pt, can be continued with more steps.
        decay: Weight decay.
        average: Decay of the running mean of the weights, which is what is kept, 0 to below 1.
        check_every: Batches between two validations, each with a checkpoint.
        device: "cpu" or "cuda".
        half: Multiply in bfloat16.
        deep: Supervise every exit; else the last one alone.
        seed: Seed of the samples' order and changes.
        weights: Weights of the losses.
        augmentation: Changes of the samples.
    """

    steps: int = 4000
    batch: int = 64
    learning_rate: float = 2e-3
    warmup: int = 100
    hold: float = 0.4
    decay: float = 0.02
    average: float = 0.998
    check_every: int = 200
    device: str = "cpu"
    half: bool = False
    deep: bool = True
    seed: int = 0
    weights: LossWeights = field(default_factory=LossWeights)
    augmentation: CubeAugmentation = field(default_factory=CubeAugmentation)

    def rate(self, step: int) -> float:
        """Return the learning rate of a step, from 0."""
        held = self.hold * self.steps
        if step < held:
            return self.learning_rate * min((step + 1) / self.warmup, 1)
        return self.learning_rate * (1 + math.cos(math.pi * (step - held) / (self.steps - held))) / 2


@dataclass(slots=True)
class HourglassTrainer:
    """Trains a network and keeps its state in a folder of checkpoint.pt, plateau.pt and curve.json.

    Attributes:
        network: The network; trained in place.
        samples: Training samples.
        validation: Samples to measure on.
        folder: Folder of its state.
        options: Options.
        guide: A further loss; None: there is none.
        curve: Figures of each validation.

    Raises:
        ConfigurationError: The folder's checkpoint is of another network.
    """

    network: HourglassNetwork
    samples: DepthSamples
    validation: DepthSamples
    folder: Path
    options: HourglassTrainingOptions
    guide: Guide | None = None
    curve: list[dict[str, Any]] = field(init=False, default_factory=list)
    _optimizer: torch.optim.Optimizer = field(init=False)
    _mean: dict[str, Tensor] = field(init=False)
    _step: int = field(init=False, default=0)
    _cpu_s: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        """Resume from the folder's checkpoint, if there is one."""
        torch.manual_seed(self.options.seed)
        self.network.to(self.options.device)
        # The scales and shifts of normalisation are not decayed: some begin at 0.
        decayed = [one for one in self.network.parameters() if one.ndim > 1]
        others = [one for one in self.network.parameters() if one.ndim <= 1]
        groups = [{"params": decayed}, {"params": others, "weight_decay": 0.0}]
        self._optimizer = torch.optim.AdamW(groups, lr=0.0, weight_decay=self.options.decay)
        self._mean = {name: value.clone() for name, value in self.network.state_dict().items()}
        self.folder.mkdir(parents=True, exist_ok=True)
        if (checkpoint := self.folder / "checkpoint.pt").exists():
            self._resume(checkpoint)

    def train(self, on_progress: Progress) -> dict[str, float]:
        """Train to the last step; the network then has the mean of its weights.

        Returns:
            Mean joint error of each exit on the validation samples, mm, by its name.
        """
        options = self.options
        batches = self._batches()
        losses: list[dict[str, Tensor]] = []
        begun, started = self._step, time.process_time()
        while self._step < options.steps:
            if self._step == int(options.hold * options.steps):
                self._save(self.folder / "plateau.pt")
            losses.append(self._take_step(*next(batches)))
            self._step += 1
            if self._step % options.check_every == 0 or self._step == options.steps:
                self._cpu_s += time.process_time() - started
                on_progress(self._step, options.steps, self._check(losses))
                losses, started = [], time.process_time()
        self.network.load_state_dict(self._mean)
        if self._step > begun:
            self._save(self.folder / "checkpoint.pt", finished=True)
        return exit_errors_mm(self.network, self.validation)

    def _take_step(self, depth: Tensor, targets: Targets) -> dict[str, Tensor]:
        options = self.options
        for group in self._optimizer.param_groups:
            group["lr"] = options.rate(self._step)
        self.network.train()
        with torch.autocast(options.device, torch.bfloat16, enabled=options.half):
            exits = self.network(depth)
        chosen = exits if options.deep else {exit_: exits[exit_] for exit_ in list(exits)[-1:]}
        loss, parts = total_loss(chosen, targets, options.weights, self._step)
        if self.guide is not None:
            loss = loss + self.guide(depth, exits)
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 20.0)
        self._optimizer.step()
        keep = min(options.average, (self._step + 1) / (self._step + 10))
        now = {name: value for name, value in self.network.state_dict().items() if value.is_floating_point()}
        with torch.no_grad():
            torch._foreach_lerp_([self._mean[name] for name in now], list(now.values()), 1 - keep)
        return {str(exit_): part.detach() for exit_, part in parts.items()}

    def _batches(self) -> Iterator[tuple[Tensor, Targets]]:
        # Another order after each resumption, but a reproducible one.
        random = np.random.default_rng((self.options.seed, self._step))
        while True:
            order = random.permutation(len(self.samples))
            for start in range(0, len(order) - self.options.batch + 1, self.options.batch):
                chosen = self.samples.part(order[start : start + self.options.batch])
                yield self._changed(chosen, random)

    def _changed(self, samples: DepthSamples, random: np.random.Generator) -> tuple[Tensor, Targets]:
        images, joints, right, present = (
            torch.from_numpy(values).to(self.options.device)
            for values in (samples.images, samples.joints, samples.right, samples.present)
        )
        depth, joints, right = augmented(images, joints, right, self.options.augmentation, random)
        return depth, Targets(joints, present, torch.stack([present, right], 1))

    def _check(self, losses: list[dict[str, Tensor]]) -> str:
        current = {name: value.clone() for name, value in self.network.state_dict().items()}
        self.network.load_state_dict(self._mean)
        errors = exit_errors_mm(self.network, self.validation)
        self.network.load_state_dict(current)
        entry: dict[str, Any] = {"step": self._step, "cpu_s": round(self._cpu_s, 1)}
        entry["loss"] = {
            name: round(float(torch.stack([one[name] for one in losses]).mean()), 4) for name in losses[0]
        }
        entry["error_mm"] = {name: round(error, 3) for name, error in errors.items()}
        self.curve = [one for one in self.curve if one["step"] < self._step] + [entry]
        write_text(self.folder / "curve.json", json.dumps(self.curve, indent=1) + "\n")
        self._save(self.folder / "checkpoint.pt")
        return ", ".join(f"{name} {error:.1f} mm" for name, error in errors.items())

    def _save(self, path: Path, *, finished: bool = False) -> None:
        state = {
            "options": json.dumps(self.network.options.to_json()),
            "step": self._step,
            "cpu_s": self._cpu_s,
            "mean": self._mean,
            "curve": json.dumps(self.curve),
        }
        if not finished:
            state.update(network=self.network.state_dict(), optimizer=self._optimizer.state_dict())
        unfinished = path.with_suffix(".unfinished")
        torch.save(state, unfinished)
        os.replace(unfinished, path)

    def _resume(self, path: Path) -> None:
        state = read_checkpoint(path)
        try:
            # A finished training keeps the mean alone, a quarter of the size.
            self.network.load_state_dict(state.get("network", state["mean"]))
            if "optimizer" in state:
                self._optimizer.load_state_dict(state["optimizer"])
        except (RuntimeError, KeyError, ValueError) as error:
            msg = f"The checkpoint {path} is of another network: delete its folder or choose another."
            raise ConfigurationError(msg) from error
        self._mean = {name: value.to(self.options.device) for name, value in state["mean"].items()}
        self._step, self._cpu_s = int(state["step"]), float(state["cpu_s"])
        self.curve = json.loads(state["curve"])


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint of a trainer.

    Raises:
        ConfigurationError: It is missing or damaged.
    """
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        state["options"] = HourglassOptions.from_json(json.loads(state["options"]))
    except (OSError, RuntimeError, KeyError, ValueError, EOFError, UnpicklingError) as error:
        reason = (str(error).splitlines() or ["it is empty"])[0]
        msg = f"The checkpoint {path} cannot be read ({reason}): train the network again."
        raise ConfigurationError(msg) from error
    return state


def trained_network(path: Path) -> HourglassNetwork:
    """Read a network with the mean of its weights from a trainer's checkpoint.

    Raises:
        ConfigurationError: It is missing or damaged.
    """
    state = read_checkpoint(path)
    network = HourglassNetwork(state["options"])
    network.load_state_dict(state["mean"])
    network.eval()
    return network


def write_network(network: HourglassNetwork, path: Path) -> None:
    """Write a network as trained_network reads it.

    Raises:
        OutputError: It cannot be written.
    """
    buffer = io.BytesIO()
    torch.save(
        {"options": json.dumps(network.options.to_json()), "mean": network.state_dict()},
        buffer,
    )
    write_bytes(path, buffer.getvalue())
