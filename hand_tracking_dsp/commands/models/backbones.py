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

"""hand-tracking-dsp models backbones: prune the backbones that AKPERL names by an agent, on signs."""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Callable, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.table import Table

from hand_tracking_dsp.commands.arguments import (
    add_images,
    add_seed,
    name_unreadable,
    read_image_limit,
    require_at_least,
)
from hand_tracking_dsp.commands.output import (
    machine,
    machine_line,
    make_console,
    make_table,
    progress_bars,
    require_writable,
    write_json,
)
from hand_tracking_dsp.documents import read_bytes
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.power.energy_meter import ENERGY_KINDS, EnergyMeter, open_energy_meter

if TYPE_CHECKING:
    from hand_tracking_dsp.compression.backbones.pruning_task import PruningTask
    from hand_tracking_dsp.compression.backbones.sign_sets import SignSet
    from hand_tracking_dsp.compression.backbones.study import (
        BackboneOptions,
        BackboneResult,
        PrunedBackbone,
    )

_NETWORKS = ("mobilenet-v3", "efficientnet-lite", "squeezenet")
_FILE = "backbones.json"
_LIBRARIES = ("torch", "torch_pruning", "gymnasium", "stable_baselines3")
_Progress = Callable[[str, int, int], None]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.description = (
        "Trains small variants of MobileNetV3, EfficientNet-Lite and SqueezeNet on folders of signs, prunes "
        "each layer as far as a DQN chooses (AKPERL), and compares that with L1 and magnitude pruning to the "
        "same sparsity. Each folder is a data set; parts of it share no person or original."
    )
    add_images(parser, "the sign is the subfolder, or the beginning of a file's name")
    parser.add_argument(
        "--networks", nargs="+", choices=_NETWORKS, default=_NETWORKS, help="backbones; all if not given"
    )
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help=f"folder of {_FILE}, and of what is done; resumed",
    )
    for name, default, meaning in (
        ("count", 1200, "pictures of each folder, 0: all"),
        ("epochs", 15, "epochs of the dense network's training"),
        ("tuning-epochs", 2, "epochs of fine-tuning, of every method's network alike"),
        ("episodes", 20, "episodes of each agent"),
        ("feedback", 96, "pictures that an action is judged on, at most, of the validation part"),
        ("seeds", 5, "agents, and fine-tunings of each method"),
        ("runs", 200, "timed runs of each network"),
    ):
        parser.add_argument(
            f"--{name}", type=int, default=default, metavar="N", help=f"{meaning} (default: %(default)s)"
        )
    parser.add_argument(
        "--sparsity",
        type=float,
        default=0.45,
        help="share of the parameters to prune, above 0 and below 0.9 (default: %(default)s)",
    )
    parser.add_argument(
        "--energy",
        choices=ENERGY_KINDS,
        default="auto",
        help="what measures power; auto: ina3221 or rapl, else an estimate of processor time (default: auto)",
    )
    add_seed(parser)


def run(options: argparse.Namespace) -> int:
    """Train, prune and measure; print the table and write backbones.json.

    Raises:
        ConfigurationError: An option is out of range, a folder cannot be split, or a library is missing.
        SourceError: A folder cannot be read, or there is no such source of energy.
        OutputError: The folder cannot be written.
    """
    require_at_least(options, count=0, epochs=1, tuning_epochs=0, episodes=1)
    require_at_least(options, feedback=1, seeds=1, runs=1, seed=0)
    if not 0 < options.sparsity < 0.9:
        msg = f"--sparsity is {options.sparsity:g}: it must be above 0 and below 0.9."
        raise ConfigurationError(msg)
    for library in _LIBRARIES:
        if find_spec(library) is None:
            msg = f"Training and pruning need {library}, which is not installed: run make setup-lab."
            raise ConfigurationError(msg)
    require_writable(options.out, _FILE)
    meter = open_energy_meter(options.energy)
    console = make_console()
    with progress_bars(console) as report:
        sets = _read(options, report)
        found = [_result(options, signs, name, meter, report) for signs in sets for name in options.networks]
    console.print(_table(found, meter.name if meter else ""))
    console.print("\n".join([*map(_about, sets), _note(options), machine_line()]), highlight=False)
    content = {
        "machine": machine(),
        "settings": _settings(options),
        "power": meter.name
        if meter
        else "estimated: processor time of an inference, relative to the dense one's",
        "data": [_data(signs) for signs in sets],
        "results": [one.to_dict() for one in found],
    }
    write_json(options.out / _FILE, content)
    console.print(f"The figures of every network are written into {options.out / _FILE}.", highlight=False)
    return 0


def _read(options: argparse.Namespace, report: _Progress) -> list[SignSet]:
    from hand_tracking_dsp.compression.backbones.layers import SIDE
    from hand_tracking_dsp.compression.backbones.sign_sets import read_signs

    limit, unreadable = read_image_limit(options, *options.images), name_unreadable()
    return [
        read_signs(
            folder,
            SIDE,
            options.count,
            options.seed,
            limit,
            unreadable,
            partial(report, f"reading {folder.name}"),
        )
        for folder in options.images
    ]


def _result(
    options: argparse.Namespace, signs: SignSet, name: str, meter: EnergyMeter | None, report: _Progress
) -> BackboneResult:
    """Read what an earlier call has left of a network and data set, or work it out."""
    from hand_tracking_dsp.compression.backbones.study import BackboneResult, study_backbone

    digest = hashlib.sha256(json.dumps([_settings(options), meter.name if meter else ""]).encode())
    for part in signs.parts.values():
        digest.update(part.images.tobytes())
        digest.update(part.labels.tobytes())
    path = options.out / "done" / f"{signs.name}_{name}_{digest.hexdigest()[:12]}.json"
    if path.exists():
        return BackboneResult.from_dict(json.loads(read_bytes(path)))
    agent = _DqnAgent(options.episodes)
    found = study_backbone(name, signs, _study_options(options), agent, meter, report)
    write_json(path, found.to_dict())
    return found


def _study_options(options: argparse.Namespace) -> BackboneOptions:
    from hand_tracking_dsp.compression.backbones.study import BackboneOptions

    names = ("epochs", "tuning_epochs", "sparsity", "seeds", "feedback", "runs", "seed")
    return BackboneOptions(**{name: getattr(options, name) for name in names})


class _DqnAgent:
    """Lets rl.training choose for compression.backbones; the two rooms know nothing of each other."""

    def __init__(self, episodes: int) -> None:
        self._episodes = episodes

    def __call__(
        self, task: PruningTask, sparsity: float, seed: int, on_progress: Callable[[int, int], None]
    ) -> tuple[float, ...]:
        from hand_tracking_dsp.compression.backbones.layers import INTENSITIES
        from hand_tracking_dsp.rl.training.layerwise_dqn import (
            LayerwiseCoefficients,
            LayerwiseDqnOptions,
            LayerwiseTask,
            choose_by_dqn,
        )

        figures = task.figures()
        chosen = choose_by_dqn(
            LayerwiseTask(figures, INTENSITIES, task.evaluate, task.network.sparsity, sparsity),
            LayerwiseCoefficients.by_size(figures[:, 0], figures[:, 1]),
            LayerwiseDqnOptions(episodes=self._episodes, seed=seed),
            on_progress,
        )
        return chosen.intensities


def _settings(options: argparse.Namespace) -> dict[str, Any]:
    """Return what the figures depend on, besides pictures."""
    names = ("count", "epochs", "tuning_epochs", "episodes", "feedback", "seeds", "runs", "sparsity", "seed")
    return {name: getattr(options, name) for name in names}


def _table(found: Sequence[BackboneResult], meter: str) -> Table:
    """Make AKPERL's table, for every data set and backbone."""
    from hand_tracking_dsp.compression.backbones.study import METHODS

    power = "power, % of none's" + ("" if meter else ", estimated")
    headings = (
        "data set",
        "network",
        "method",
        "top-1 accuracy, %",
        power,
        "time, ms",
        "sparsity, %",
        "MACs, %",
        "before fine-tuning, %",
    )

    def cells(result: BackboneResult, method: str) -> tuple[str, ...]:
        own = [one for one in result.networks if one.method == method]
        return (
            result.signs,
            result.network,
            method,
            _spread(own, lambda one: 100 * one.accuracy, 1),
            _spread(own, lambda one: 100 * one.power, 0),
            _spread(own, lambda one: one.time_ms, 3),
            _spread(own, lambda one: 100 * one.sparsity, 1),
            _spread(own, lambda one: 100 * one.macs, 0),
            _spread(own, lambda one: 100 * one.untuned, 1),
        )

    rows = (cells(result, method) for result in found for method in METHODS)
    source = f"power by {meter}" if meter else "power estimated by the processor's time"
    title = f"Backbones on unseen pictures of signs, mean ± standard deviation over seeds; {source}"
    return make_table(title, headings, rows, left=("network", "method"))


def _spread(
    networks: Sequence[PrunedBackbone], figure: Callable[[PrunedBackbone], float], digits: int
) -> str:
    values = np.array([figure(one) for one in networks])
    if len(values) < 2:
        return f"{values.mean():.{digits}f}"
    return f"{values.mean():.{digits}f} ± {values.std(ddof=1):.{digits}f}"


def _data(signs: SignSet) -> dict[str, Any]:
    parts = {name: len(part.labels) for name, part in signs.parts.items()}
    return {
        "name": signs.name,
        "classes": signs.classes,
        "split_by": signs.split_by,
        "groups": signs.groups,
        **parts,
    }


def _about(signs: SignSet) -> str:
    parts = ", ".join(f"{len(part.labels)} {name}" for name, part in signs.parts.items())
    return f"{signs.name}: {len(signs.classes)} signs; {parts}; split by {signs.split_by} ({signs.groups})."


def _note(options: argparse.Namespace) -> str:
    return (
        f"{options.epochs} epochs of training, {options.tuning_epochs} of fine-tuning for every method; "
        f"{options.seeds} seed(s), {options.episodes} episodes each; time: ONNX Runtime, one thread, in turn."
    )
