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

"""Study of small hourglasses: the trainings behind the tables and figures of a comparison of their parts.

Each training keeps its state in a folder of its own and is not repeated once it is done.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from hand_tracking_dsp.compression.hourglass.evaluate import errors_mm, predicted_joints
from hand_tracking_dsp.compression.hourglass.network import (
    LEVELS,
    Exit,
    HourglassNetwork,
    Maps,
    count_parameters,
)
from hand_tracking_dsp.compression.hourglass.samples import DepthSamples
from hand_tracking_dsp.compression.hourglass.stacks import small_options, weakest_stack, without_stack
from hand_tracking_dsp.compression.hourglass.train import (
    Guide,
    HourglassTrainer,
    HourglassTrainingOptions,
    trained_network,
)
from hand_tracking_dsp.evaluation.statistics import Array

ORIGINAL = "original"
"""The training whose network is pruned: two stacks, every exit supervised."""

UNTRAINED, PRUNED, PRUNED_LAST, SCRATCH, DISTILLED, LAST = (
    "pruned_not_retrained",
    "pruned",
    "pruned_without_supervision",
    "from_scratch",
    "distilled",
    "without_supervision",
)

Progress = Callable[[str, int, int, str], None]
"""Called with the name of the training, its steps done, their number, and a line of figures."""


@dataclass(frozen=True, slots=True)
class StudyOptions:
    """Sizes and lengths of the trainings.

    Attributes:
        features: Features of the networks; of the last of them are those that are pruned.
        stacks: Numbers of stacks; 2 among them.
        training: Options of a training from scratch.
        retraining: Share of its steps that pruned networks, and their rivals, are trained for.
    """

    features: tuple[int, ...] = (32, 64)
    stacks: tuple[int, ...] = (1, 2, 3)
    training: HourglassTrainingOptions = field(default_factory=HourglassTrainingOptions)
    retraining: float = 0.5


@dataclass(frozen=True, slots=True)
class StudiedNetwork:
    """A trained network and how well it does.

    Attributes:
        name: Name of its training.
        network: The network.
        curve: Figures of its validations; none if it was not trained.
        errors: float64 [frames, joints], mm, of each exit on the test's samples.
    """

    name: str
    network: HourglassNetwork
    curve: list[dict[str, Any]]
    errors: dict[Exit, Array]

    @property
    def parameters(self) -> int:
        """Number of its trained parameters, all exits."""
        return count_parameters(self.network)

    @property
    def features(self) -> int:
        """Channels of its coarser resolutions."""
        return self.network.options.channels[-1]

    @property
    def stacks(self) -> int:
        """Number of its stacks."""
        return self.network.options.stacks

    @property
    def last(self) -> Exit:
        """Its last exit."""
        return self.network.options.exits[-1]


class Study:
    """Trains what a comparison needs.

    Args:
        samples: Training samples.
        test: Samples to measure on.
        work: Folder of the trainings.
        options: Options.
        on_progress: See Progress.
    """

    def __init__(
        self,
        samples: DepthSamples,
        test: DepthSamples,
        work: Path,
        options: StudyOptions,
        on_progress: Progress,
    ) -> None:
        self._samples = samples
        self._test = test
        self._work = work
        self._options = options
        self._on_progress = on_progress

    def trainings(self) -> Iterator[StudiedNetwork]:
        """Yield each network once it is trained: from scratch, then the pruned ones and their rivals."""
        options = self._options
        original = None
        for features in options.features:
            for stacks in options.stacks:
                is_original = features == options.features[-1] and stacks == 2
                name = ORIGINAL if is_original else f"{features}_features_{stacks}_stacks"
                trained = self._train(name, partial(self._new, features, stacks), options.training)
                original = trained if is_original else original
                yield trained
        yield self._train(
            LAST, partial(self._new, options.features[-1], 2), replace(options.training, deep=False)
        )
        if original is not None:
            yield from self._pruned(original.network)

    def _pruned(self, original: HourglassNetwork) -> Iterator[StudiedNetwork]:
        options = self._options
        steps = max(int(options.retraining * options.training.steps), 1)
        # What is trained already needs no high rate for long.
        again = replace(options.training, steps=steps, hold=0.0, warmup=max(steps // 10, 1))

        def pruned() -> HourglassNetwork:
            return without_stack(original, weakest_stack(original))

        yield self._measured(UNTRAINED, pruned().eval(), [])
        yield self._train(PRUNED, pruned, again)
        yield self._train(PRUNED_LAST, pruned, replace(again, deep=False))
        scratch = replace(options.training, steps=steps)
        yield self._train(SCRATCH, partial(self._new, options.features[-1], 1), scratch)
        yield self._train(
            DISTILLED, partial(self._new, options.features[-1], 1), scratch, self._guide(original)
        )

    def _new(self, features: int, stacks: int) -> HourglassNetwork:
        size = small_options(features, stacks)
        joints, skeleton = self._samples.joint_count, self._samples.skeleton
        return HourglassNetwork(replace(size, joints=joints, skeleton=skeleton))

    def _guide(self, original: HourglassNetwork) -> Guide:
        return teacher_loss(deepcopy(original).to(self._options.training.device))

    def _train(
        self,
        name: str,
        make: Callable[[], HourglassNetwork],
        options: HourglassTrainingOptions,
        guide: Guide | None = None,
    ) -> StudiedNetwork:
        folder = self._work / name
        torch.manual_seed(options.seed)
        trainer = HourglassTrainer(make(), self._samples, self._test, folder, options, guide)
        trainer.train(lambda done, of, line: self._on_progress(name, done, of, line))
        network = trained_network(folder / "checkpoint.pt")
        curve = json.loads((folder / "curve.json").read_text(encoding="utf-8"))
        return self._measured(name, network, curve)

    def _measured(self, name: str, network: HourglassNetwork, curve: list[dict[str, Any]]) -> StudiedNetwork:
        hands = self._test.hands
        joints = predicted_joints(network, hands)
        errors = {exit_: errors_mm(hands, found) for exit_, found in joints.items()}
        return StudiedNetwork(name, network, curve, errors)


def teacher_loss(teacher: HourglassNetwork) -> Guide:
    """Return a loss of the distance from a teacher's last maps: distillation, a rival of pruning."""
    teacher.eval()
    last = teacher.options.exits[-1]

    def guide(depth: Tensor, exits: dict[Exit, Maps]) -> Tensor:
        with torch.no_grad():
            wanted = teacher(depth)[last]
        found = [maps for exit_, maps in exits.items() if exit_.level == LEVELS][-1]
        pairs = zip(found[1:4], wanted[1:4], strict=True)
        return torch.stack(
            [
                (a.float() - b.float()).square().mean() / b.float().square().mean().clamp_min(1e-6)
                for a, b in pairs
            ]
        ).sum()

    return guide
