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

"""Training of a student on samples labelled by the teacher; it can be stopped and resumed at any time."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from hand_tracking_dsp.compression.distillation.exact_augment import augmented
from hand_tracking_dsp.compression.distillation.loss import Loss, Objective
from hand_tracking_dsp.compression.distillation.network import FEATURES, OnnxNetwork
from hand_tracking_dsp.compression.distillation.samples import Labels, TrainingSamples, Validation
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.files import write_text

_MAP_SAMPLES = 2048

Batch = tuple[Tensor, dict[str, Tensor]]
Progress = Callable[[int, int, str], None]
"""Called with the steps done, their number, and a line of figures."""


@dataclass(frozen=True, slots=True)
class DistillationTrainingOptions:
    """Options of a student's training.

    Attributes:
        steps: Number of batches.
        batch: Samples in a batch.
        learning_rate: Highest learning rate, reached after warmup, then falling to 0 along a cosine.
        warmup: Batches over which the learning rate rises.
        alpha: Weight of the exact joints, 0 to 1; see Loss.
        average: Decay of the running mean of the weights, 0 to below 1.
        check_every: Batches between two validations, each with a checkpoint.
        device: "cpu" or "cuda".
        half: Multiply in bfloat16.
        seed: Seed of the samples' order.
        exact: Whether the labels are exact: see Loss and exact_augment; validation then is the error, mm.
    """

    steps: int = 5000
    batch: int = 64
    learning_rate: float = 1e-3
    warmup: int = 200
    alpha: float = 0.1
    average: float = 0.998
    check_every: int = 250
    device: str = "cpu"
    half: bool = False
    seed: int = 0
    exact: bool = False


@dataclass(slots=True)
class Trainer:
    """Trains a student and keeps its state in a folder of checkpoint.pt and curve.json.

    Attributes:
        objective: Loss and error; None: those of landmark networks.
        curve: Figures of each validation.

    Raises:
        ConfigurationError: The folder's checkpoint is not of this student.
    """

    student: OnnxNetwork
    samples: TrainingSamples
    validation: Validation
    folder: Path
    options: DistillationTrainingOptions
    objective: Objective | None = None
    curve: list[dict[str, Any]] = field(init=False, default_factory=list)
    _bridge: nn.Module = field(init=False)
    _optimizer: torch.optim.Optimizer = field(init=False)
    _mean: dict[str, Tensor] = field(init=False)
    _step: int = field(init=False, default=0)
    _objective: Objective = field(init=False)

    def __post_init__(self) -> None:
        """Resume from the folder's checkpoint, if there is one."""
        options = self.options
        self._objective = self.objective or Loss(options.alpha, options.exact)
        torch.manual_seed(options.seed)
        self.student.to(device=options.device, memory_format=torch.channels_last)
        self._bridge = self._feature_bridge().to(options.device)
        parameters = [*self.student.parameters(), *self._bridge.parameters()]
        self._optimizer = torch.optim.AdamW(parameters, lr=0.0, betas=(0.9, 0.99), weight_decay=1e-4)
        self._mean = {name: value.detach().clone() for name, value in self.student.state_dict().items()}
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._checkpoint.exists():
            self._resume()

    def run(self, on_progress: Progress | None = None) -> OnnxNetwork:
        """Train until all steps are done.

        Returns:
            Student with the running mean of its weights.
        """
        options = self.options
        report = on_progress or (lambda *_: None)
        losses: list[float] = []
        started = time.monotonic()
        for images, labels in self._batches():
            if self._step % options.check_every == 0 or self._step >= options.steps:
                self._check(losses, time.monotonic() - started)
                losses.clear()
                started = time.monotonic()
                report(self._step, options.steps, _line(self.curve[-1]))
            if self._step >= options.steps:
                break
            for group in self._optimizer.param_groups:
                group["lr"] = self._learning_rate()
            self.student.train()
            with torch.autocast(options.device, torch.bfloat16, enabled=options.half):
                found = self.student(images)
                if FEATURES in found:
                    found[FEATURES] = self._bridge(found[FEATURES])
            loss = self._objective(found, labels)
            self._optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.student.parameters(), 1.0)
            self._optimizer.step()
            self._step += 1
            self._average()
            losses.append(float(loss.detach()))
        self.student.load_state_dict(self._mean)
        return self.student

    @property
    def _checkpoint(self) -> Path:
        return self.folder / "checkpoint.pt"

    def _feature_bridge(self) -> nn.Module:
        """Return a map from the student's features to the teacher's; the identity where widths are equal."""
        labels = self.samples.batch(np.array([0]))[1]
        mine = self.student.feature_width
        if FEATURES not in labels or (width := labels[FEATURES].shape[1]) == mine:
            return nn.Identity()
        bridge = nn.Linear(mine, width)
        # The least-squares solution, so that the first steps do not destroy what the student has learned.
        weight, bias = self._best_map()
        bridge.weight.data.copy_(weight)
        bridge.bias.data.copy_(bias)
        return bridge

    @torch.no_grad()
    def _best_map(self) -> tuple[Tensor, Tensor]:
        """Solve ridge least squares from the student's features to the teacher's on some samples."""
        found, target = [], []
        self.student.eval()
        for indices in np.array_split(np.arange(min(_MAP_SAMPLES, len(self.samples))), _MAP_SAMPLES // 64):
            images, labels = self._tensors(*self.samples.batch(indices))
            found.append(self.student(images)[FEATURES].double())
            target.append(labels[FEATURES].double())
        x, y = torch.cat(found), torch.cat(target)
        mean_x, mean_y = x.mean(0), y.mean(0)
        x, y = x - mean_x, y - mean_y
        ridge = 1e-2 * x.square().sum() / x.shape[1] * torch.eye(x.shape[1], dtype=x.dtype, device=x.device)
        weight = torch.linalg.solve(x.T @ x + ridge, x.T @ y).T
        return weight.float(), (mean_y - weight @ mean_x).float()

    def _learning_rate(self) -> float:
        options = self.options
        rise = min((self._step + 1) / options.warmup, 1.0)
        return options.learning_rate * rise * 0.5 * (1 + math.cos(math.pi * self._step / options.steps))

    def _average(self) -> None:
        # A shorter mean over the first steps.
        keep = min(self.options.average, (1 + self._step) / (10 + self._step))
        for name, value in self.student.state_dict().items():
            self._mean[name].lerp_(value, 1 - keep)

    def _batches(self) -> Iterator[Batch]:
        # Another order after each resumption, but a reproducible one.
        seed, exact = self.options.seed, self.options.exact
        source = self.samples.batches(self.options.batch, seed + self._step)
        random = np.random.default_rng((seed, self._step))
        with ThreadPoolExecutor(1) as reader:
            ahead = reader.submit(next, source)
            while True:
                images, labels = ahead.result()
                ahead = reader.submit(next, source)
                batch = self._tensors(images, labels)
                # What a frozen head gave cannot be turned.
                yield augmented(*batch, random) if exact and images.dtype == np.uint8 else batch

    def _tensors(self, images: NDArray[Any], labels: Labels) -> Batch:
        # [n, height, width, 3] viewed as [n, 3, height, width] is PyTorch's channels_last.
        data = torch.from_numpy(images).to(self.options.device).permute(0, 3, 1, 2).float()
        if images.dtype == np.uint8:
            data = data / 255
        return data, {
            name: torch.from_numpy(np.asarray(values)).to(self.options.device).float()
            for name, values in labels.items()
        }

    def _check(self, losses: list[float], seconds: float) -> None:
        entry: dict[str, Any] = {
            "step": self._step,
            "loss": round(float(np.mean(losses)), 5) if losses else None,
            "steps_per_s": round(len(losses) / seconds, 2) if losses else None,
        }
        entry.update(self.deviations())
        self.curve = [item for item in self.curve if item["step"] < self._step] + [entry]
        write_text(self.folder / "curve.json", json.dumps(self.curve, indent=1) + "\n")
        self._save()

    @torch.no_grad()
    def deviations(self) -> dict[str, float]:
        """Return the averaged student's mean error by validation set, as the objective measures it."""
        current = {name: value.clone() for name, value in self.student.state_dict().items()}
        self.student.load_state_dict(self._mean)
        self.student.eval()
        result = {}
        for name, (images, labels) in self.validation.items():
            found = []
            for start in range(0, len(images), 64):
                part = {key: values[start : start + 64] for key, values in labels.items()}
                data, target = self._tensors(images[start : start + 64], part)
                found.append(self._objective.error(self.student(data), target))
            result[name] = round(float(torch.cat(found).nanmean()), 3)
        self.student.load_state_dict(current)
        return result

    def _save(self) -> None:
        state = {
            "step": self._step,
            "pupil": self.student.state_dict(),
            "bridge": self._bridge.state_dict(),
            "mean": self._mean,
            "optimizer": self._optimizer.state_dict(),
            "curve": json.dumps(self.curve),
        }
        unfinished = self._checkpoint.with_suffix(".unfinished")
        torch.save(state, unfinished)
        os.replace(unfinished, self._checkpoint)

    def _resume(self) -> None:
        try:
            state = torch.load(self._checkpoint, map_location=self.options.device, weights_only=True)
            self.student.load_state_dict(state["pupil"])
            self._bridge.load_state_dict(state["bridge"])
            self._optimizer.load_state_dict(state["optimizer"])
        except (RuntimeError, KeyError, ValueError, EOFError, UnpicklingError) as error:
            reason = (str(error).splitlines() or ["it is empty"])[0]
            msg = (
                f"The checkpoint {self._checkpoint} is not of this student ({reason}): "
                f"delete its folder or choose another."
            )
            raise ConfigurationError(msg) from error
        self._mean, self._step = state["mean"], state["step"]
        self.curve = json.loads(state["curve"])


def _line(entry: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in entry.items() if name != "step")
