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

"""Trains a policy of three actions by PPO (sb3-contrib) on R with the weights of each mission's goals."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from sb3_contrib import MaskablePPO
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize

from hand_tracking_dsp.control.options import ControllerOptions
from hand_tracking_dsp.control.point_figures import PointFigures
from hand_tracking_dsp.files import write_bytes, write_text
from hand_tracking_dsp.rl.simulation.device import DeviceModel
from hand_tracking_dsp.rl.simulation.draw_episode import draw_episode
from hand_tracking_dsp.rl.simulation.episode import STEPS, TRAINING
from hand_tracking_dsp.rl.training.dense_layers import layers_of
from hand_tracking_dsp.rl.training.environment import EpisodeEnvironment
from hand_tracking_dsp.rl.training.export import Mlp

CURVE_COLUMNS = (
    "missions",
    "steps",
    "return",
    "miss_share",
    "drift_percent",
    "energy",
    "switches",
    "late_price",
)

DISCOUNTS = {"forecast": 0.0, "dqn": 0.98, "ppo": 0.99}
"""Discount of each algorithm, by its name."""


@dataclass(frozen=True, slots=True)
class PolicyTrainingOptions:
    """Settings of a training.

    Attributes:
        algorithm: "forecast" (forecast_train), "dqn" (value_train) or "ppo".
        episodes: Number of episodes, at least 1.
        seed: Seed of networks, episodes and exploration.
        environments: Number of episodes played side by side.
        layers: Widths of the hidden layers.
        learning_rate: Learning rate at the beginning; it falls to a tenth of that.
        blank: Indices of entries of the observation that are never measured, for ablations.
        controller: Options of the controller between action and level.
    """

    algorithm: str = "ppo"
    episodes: int = 1500
    seed: int = 0
    environments: int = 16
    layers: tuple[int, ...] = (64, 64)
    learning_rate: float = 1e-3
    blank: tuple[int, ...] = ()
    controller: ControllerOptions = field(default_factory=ControllerOptions)

    @property
    def discount(self) -> float:
        """Discount of what comes one step later: batteries show within the minute; forecasts have none."""
        return DISCOUNTS[self.algorithm]

    @property
    def steps(self) -> int:
        """Steps of the environment in all."""
        return self.episodes * STEPS


@dataclass(frozen=True, slots=True, eq=False)
class TrainedPolicy:
    """A trained network, and the curve by CURVE_COLUMNS."""

    mlp: Mlp
    curve: tuple[tuple[float, ...], ...]


def train(
    device: DeviceModel,
    figures: PointFigures,
    options: PolicyTrainingOptions,
    work: Path | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> TrainedPolicy:
    """Train a policy; with a folder to work in, go on from the checkpoint that lies there.

    Args:
        device: Device that is simulated.
        figures: What the controller knows of the operating points.
        options: Settings.
        work: Folder of checkpoint and curve (checkpoint.pt, curve.csv); None: neither.
        on_progress: Called with the episodes played and to play.
    """
    torch.set_num_threads(1)
    environments = DummyVecEnv(
        [lambda: _environment(device, figures, options) for _ in range(options.environments)]
    )
    normalized = VecNormalize(environments, norm_obs=False, gamma=options.discount)
    model = _model(normalized, options)
    progress = _TrainingProgress(model, options, work, on_progress or (lambda _done, _all: None))
    done = progress.resume()
    left = options.steps - done
    if left > 0:
        model.learn(left, callback=progress, reset_num_timesteps=False, progress_bar=False)
        progress.save()
    if on_progress:
        on_progress(options.episodes, options.episodes)
    return TrainedPolicy(_mlp(model, options), tuple(progress.curve))


def _environment(
    device: DeviceModel, figures: PointFigures, options: PolicyTrainingOptions
) -> EpisodeEnvironment:
    return EpisodeEnvironment(
        lambda seed: draw_episode(device, seed, TRAINING), options.controller, figures, options.blank
    )


def _model(environments: VecNormalize, options: PolicyTrainingOptions) -> BaseAlgorithm:
    def rate(remaining: float) -> float:
        return options.learning_rate * (0.1 + 0.9 * remaining)

    return MaskablePPO(
        policy="MlpPolicy",
        env=environments,
        gamma=options.discount,
        learning_rate=rate,
        seed=options.seed,
        device="cpu",
        verbose=0,
        n_steps=256,
        batch_size=512,
        n_epochs=6,
        ent_coef=0.005,
        gae_lambda=0.95,
        policy_kwargs={"net_arch": list(options.layers), "activation_fn": torch.nn.Tanh},
    )


def _mlp(model: BaseAlgorithm, options: PolicyTrainingOptions) -> Mlp:
    modules = [*model.policy.mlp_extractor.policy_net, model.policy.action_net]
    return Mlp(layers_of(modules), options.blank)


class _TrainingProgress(BaseCallback):
    """Collects finished episodes, keeps curve and checkpoints."""

    _EVERY = 24
    _CHECKPOINT_EVERY = 240

    def __init__(
        self,
        model: BaseAlgorithm,
        options: PolicyTrainingOptions,
        work: Path | None,
        report: Callable[[int, int], None],
    ) -> None:
        super().__init__()
        self.init_callback(model)
        self._options, self._work, self._report = options, work, report
        self._latest: list[dict[str, float]] = []
        self._episodes = self._saved = 0
        self.curve: list[tuple[float, ...]] = []

    def resume(self) -> int:
        """Go on from the checkpoint, if there is one; returns the steps already done."""
        path = self._work / "checkpoint.pt" if self._work else None
        if path is None or not path.exists():
            return 0
        state = torch.load(path, weights_only=True)
        self.model.policy.load_state_dict(state["policy"])
        self.model.policy.optimizer.load_state_dict(state["optimizer"])
        self.model.num_timesteps = int(state["steps"])
        self._episodes = self._saved = int(state["missions"])
        self.curve = [tuple(row) for row in state["curve"]]
        # Other episodes than those already played.
        self.training_env.seed(self._options.seed + 7919 * self._episodes)
        return int(state["steps"])

    def save(self) -> None:
        """Write checkpoint and curve."""
        if self._work is None:
            return
        buffer = io.BytesIO()
        state = {
            "policy": self.model.policy.state_dict(),
            "optimizer": self.model.policy.optimizer.state_dict(),
            "steps": self.model.num_timesteps,
            "missions": self._episodes,
            "curve": [list(row) for row in self.curve],
        }
        torch.save(state, buffer)
        write_bytes(self._work / "checkpoint.pt", buffer.getvalue())
        text = io.StringIO()
        rows = csv.writer(text, lineterminator=os.linesep)
        rows.writerow(CURVE_COLUMNS)
        rows.writerows([[f"{value:.6g}" for value in row] for row in self.curve])
        write_text(self._work / "curve.csv", text.getvalue())

    def _on_step(self) -> bool:
        for info in self.locals["infos"]:
            if "episode_means" in info:
                self._latest.append(info["episode_means"])
                self._episodes += 1
        if len(self._latest) >= self._EVERY:
            self._extend_curve()
        return True

    def _extend_curve(self) -> None:
        keys = ("reward", "miss_share", "drift_percent", "energy", "switches", "late_price")
        means = [float(np.mean([episode[key] for episode in self._latest])) for key in keys]
        self._latest.clear()
        row = (self._episodes, self.model.num_timesteps, *means)
        self.curve.append(tuple(float(value) for value in row))
        self._report(min(self._episodes, self._options.episodes), self._options.episodes)
        if self._episodes - self._saved >= self._CHECKPOINT_EVERY:
            self._saved = self._episodes
            self.save()
