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

"""Training of several students at once on batches that are made on the device.

One batch serves all students, so that making it costs little, and a whole bank is trained in one run.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import torch
from torch import Tensor

from hand_tracking_dsp.compression.distillation.batch_changes import Draw
from hand_tracking_dsp.compression.distillation.batch_maker import LabelledBatch
from hand_tracking_dsp.compression.distillation.loss import deviation_percent
from hand_tracking_dsp.compression.distillation.student import JointTrainingOptions
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.files import write_text

Report = Callable[[str], None]

_STEPS_TIMED = 20
_FIGURES = {
    "mean": "{:.2f} % off",
    "accepted": "{:.0f} % accepted",
    "missed": "{:.1f} % missed",
    "false": "{:.1f} % false",
}


class Trainee(Protocol):
    """A network in training, as Student and PalmStudent are.

    Attributes:
        name: Its name.
        losses: Losses since they were last shown.
        whole: All that is trained.
        mean: Running mean of the same.
        optimizer: Optimizer of its weights.
    """

    name: str
    losses: list[Tensor]
    whole: torch.nn.Module
    mean: torch.nn.Module
    optimizer: torch.optim.Optimizer

    def step(self, batch: LabelledBatch, learning_rate: float, number: int) -> None:
        """Train on a batch."""

    def predict(self, images: Tensor) -> dict[str, Tensor]:
        """Run the running mean on images."""


class Batches(Protocol):
    """A maker of batches."""

    def make(self, draw: Draw) -> LabelledBatch:
        """Make a batch."""


StudentType = TypeVar("StudentType", bound=Trainee)


class JointTrainer(Generic[StudentType]):
    """Trains students until the time is over; what is in the folder is gone on with.

    Args:
        students: The students.
        maker: Maker of the batches.
        validation: Sets to measure on: float [n, 3, side, side] and the teacher's labels.
        folder: Folder of checkpoint.pt and curve.json.
        options: Options of the training.
        measured: Gives figures of what a student finds, and of the labels; measure if not given.
    """

    def __init__(
        self,
        students: Sequence[StudentType],
        maker: Batches,
        validation: Mapping[str, LabelledBatch],
        folder: Path,
        options: JointTrainingOptions,
        measured: Callable[[dict[str, Tensor], dict[str, Tensor]], dict[str, Any]] | None = None,
    ) -> None:
        self.students, self._maker, self._validation = students, maker, validation
        self._folder, self._options, self._measured = folder, options, measured or measure
        self.curve: list[dict[str, Any]] = []
        self.step, self._spent = 0, 0.0
        self._check_s, self._step_s = 0.0, 0.0
        self._begun_s = math.inf
        folder.mkdir(parents=True, exist_ok=True)
        if self._checkpoint.exists():
            self._resume()

    @property
    def progress(self) -> float:
        """Share of the training that is done, 0 to 1."""
        options = self._options
        seconds = options.seconds
        if self._begun_s < math.inf:
            # The last validation belongs to the time; one batch is trained in any case.
            seconds = max(
                seconds - self._still_needed_s - self._step_s, math.nextafter(self._begun_s, math.inf)
            )
        by_time = self._spent / seconds if seconds else 1.0
        return min(max(by_time, self.step / options.steps if options.steps else 0.0), 1.0)

    def finish_within(self, seconds: float) -> None:
        """Let the training end so many seconds from now, its last validation included."""
        self._begun_s = self._spent
        self._options = replace(self._options, seconds=self._spent + max(seconds, 0.0), steps=0)

    def run(
        self,
        report: Report,
        stop_after_s: float = math.inf,
        on_step: Callable[[int], None] | None = None,
    ) -> bool:
        """Train, or go on with it.

        Args:
            report: Called with a line of figures of each student at each validation.
            stop_after_s: Time after which it is to be back, seconds, with what is validated at the end.
            on_step: Called with the number of batches after each.

        Returns:
            Whether the training is finished.

        Raises:
            ConfigurationError: A student's loss is no longer a number; the last checkpoint stays.
        """
        options = self._options
        draw = Draw(options.seed + self.step, options.device)
        before, started = self._spent, time.monotonic()
        next_check = math.floor(self.progress * options.checks)
        while self.progress < 1 and time.monotonic() - started + self._still_needed_s < stop_after_s:
            begun = time.monotonic()
            if self.progress * options.checks >= next_check:
                self._check(report)
                next_check += 1
                begun = time.monotonic()
            rate = options.learning_rate * min((self.step + 1) / options.warmup, 1.0)
            rate *= 0.5 * (1 + math.cos(math.pi * self.progress))
            with _untuned():
                batch = self._maker.make(draw)
            for student in self.students:
                student.step(batch, rate, self.step)
            self.step += 1
            if self.step % _STEPS_TIMED == 0 and options.device == "cuda":
                torch.cuda.synchronize()
            self._step_s = time.monotonic() - begun
            self._spent = before + time.monotonic() - started
            if on_step:
                on_step(self.step)
        self._check(report)
        return self.progress >= 1

    @property
    def _checkpoint(self) -> Path:
        return self._folder / "checkpoint.pt"

    @property
    def _still_needed_s(self) -> float:
        """Time for one more step and the last validation, seconds."""
        return 2 * self._step_s + 1.25 * self._check_s

    def _check(self, report: Report) -> None:
        begun = time.monotonic()
        for student in self.students:
            losses = student.losses
            entry: dict[str, Any] = {
                "student": student.name,
                "step": self.step,
                "seconds": round(self._spent, 1),
                "loss": round(float(torch.stack(losses).mean()), 5) if losses else None,
            }
            student.losses = []
            if entry["loss"] is not None and not math.isfinite(entry["loss"]):
                msg = (
                    f"The loss of {student.name} is no longer a number after {self.step} batches: begin "
                    f"again with a lower --rate."
                )
                raise ConfigurationError(msg)
            with _untuned():
                for name, (images, labels) in self._validation.items():
                    entry[name] = self._measured(student.predict(images), labels)
            self.curve.append(entry)
            report(_line(entry))
        write_text(self._folder / "curve.json", json.dumps(self.curve, indent=1) + "\n")
        state = {
            "step": self.step,
            "spent": self._spent,
            "curve": json.dumps(self.curve),
            "students": {
                one.name: [one.whole.state_dict(), one.mean.state_dict(), one.optimizer.state_dict()]
                for one in self.students
            },
        }
        unfinished = self._checkpoint.with_suffix(".unfinished")
        torch.save(state, unfinished)
        os.replace(unfinished, self._checkpoint)
        self._check_s = max(self._check_s, time.monotonic() - begun)

    def _resume(self) -> None:
        state = torch.load(self._checkpoint, map_location=self._options.device, weights_only=True)
        for student in self.students:
            whole, mean, optimizer = state["students"][student.name]
            student.whole.load_state_dict(whole)
            student.mean.load_state_dict(mean)
            student.optimizer.load_state_dict(optimizer)
        self.step, self._spent = state["step"], state["spent"]
        self.curve = json.loads(state["curve"])


@contextmanager
def _untuned() -> Iterator[None]:
    """Keep cuDNN from timing its algorithms for shapes that hardly come again."""
    tuned = torch.backends.cudnn.benchmark
    torch.backends.cudnn.benchmark = False
    try:
        yield
    finally:
        torch.backends.cudnn.benchmark = tuned


def measure(found: dict[str, Tensor], labels: dict[str, Tensor]) -> dict[str, Any]:
    """Measure a student on a set.

    Returns:
        Of hands: deviation from the teacher, % of palm, mean and median; share of them accepted, %. Of sets
        without a hand: share accepted.
    """
    accepted = 100 * (found["presence"].flatten() > 0.5).float()
    hand = labels["presence"] > 0.5
    if not hand.any():
        return {"accepted": round(accepted.mean().item(), 2)}
    percent = deviation_percent(found["landmarks"], labels)[hand].float().cpu().numpy()
    return {
        "mean": round(float(percent.mean()), 2),
        "median": round(float(np.median(percent)), 2),
        "accepted": round(accepted[hand].mean().item(), 1),
    }


def _line(entry: Mapping[str, Any]) -> str:
    """Say a student's figures in a line."""
    loss = "" if entry["loss"] is None else f", loss {entry['loss']:.4f}"
    parts = [f"batch {entry['step']}, {entry['seconds']:.0f} s, {entry['student']}{loss}"]
    for name, found in entry.items():
        if isinstance(found, dict):
            said = [form.format(found[key]) for key, form in _FIGURES.items() if found.get(key) is not None]
            parts.append(f"{name} {', '.join(said)}")
    return "; ".join(parts)
