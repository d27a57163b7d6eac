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
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hand_tracking_dsp.commands.arguments import (
    add_images,
    add_seed,
    name_unreadable,
    read_image_limit,
    require_at_least,
)
from hand_tracking_dsp.commands.models.backbones_table import backbones_table, comparison_lines
from hand_tracking_dsp.commands.output import (
    machine,
    machine_line,
    make_console,
    progress_bars,
    require_writable,
    write_json,
)
from hand_tracking_dsp.documents import read_bytes
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.power.energy_meter import ENERGY_KINDS, EnergyMeter, open_energy_meter

if TYPE_CHECKING:
    from hand_tracking_dsp.compression.backbones.budgets import PruningBudgets
    from hand_tracking_dsp.compression.backbones.pruning_task import PruningTask
    from hand_tracking_dsp.compression.backbones.results import BackboneResult, Shares
    from hand_tracking_dsp.compression.backbones.sign_sets import SignSet
    from hand_tracking_dsp.compression.backbones.study import BackboneOptions

_NETWORKS = ("mobilenet-v3", "efficientnet-lite", "squeezenet")
_FILE = "backbones.json"
_LIBRARIES = ("torch", "torch_pruning", "gymnasium", "stable_baselines3")
_Progress = Callable[[str, int, int], None]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.description = (
        "Trains small variants of MobileNetV3, EfficientNet-Lite and SqueezeNet on folders of signs, prunes "
        "each layer as far as a DQN chooses (AKPERL), and compares that with random search and with uniform "
        "pruning by L1 and magnitude. All methods meet the same budgets of parameters and operations. Each "
        "folder is a data set; parts of it share no person or original."
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
        help=f"folder of {_FILE}, and of what is done; resumed, also with more seeds",
    )
    for name, default, meaning in (
        ("count", 1200, "pictures of each folder, 0: all"),
        ("epochs", 20, "epochs of the dense network's training"),
        ("tuning-epochs", 10, "epochs of fine-tuning, of every method's network alike"),
        ("episodes", 12, "episodes of each agent; random search gets as many evaluations"),
        ("feedback", 96, "pictures that an action is judged on, at most, of the validation part"),
        ("seeds", 3, "agents, random searches, and fine-tunings of each method"),
        ("runs", 200, "timed runs of each network"),
    ):
        parser.add_argument(
            f"--{name}", type=int, default=default, metavar="N", help=f"{meaning} (default: %(default)s)"
        )
    parser.add_argument(
        "--sparsity",
        type=float,
        default=0.45,
        help="share of the parameters to prune at least, above 0 and below 0.9 (default: %(default)s)",
    )
    parser.add_argument(
        "--macs",
        type=float,
        default=0.55,
        help="share of the multiply-accumulate operations to leave at most, above 0.2; 1: any "
        "(default: %(default)s)",
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
    if not 0.2 < options.macs <= 1:
        msg = f"--macs is {options.macs:g}: it must be above 0.2 and at most 1."
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
    console.print(backbones_table(found, meter.name if meter else ""))
    lines = [*comparison_lines(found), *map(_about, sets), _note(options), machine_line()]
    console.print("\n".join(lines), highlight=False)
    content = {
        "machine": machine(),
        "settings": {**_settings(options), "seeds": options.seeds},
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
    """Read what earlier calls have left of a network and data set, and work out what is missing."""
    from hand_tracking_dsp.compression.backbones.results import BackboneResult
    from hand_tracking_dsp.compression.backbones.study import BackboneStudy, dense_backbone

    pictures = hashlib.sha256()
    for part in signs.parts.values():
        pictures.update(part.images.tobytes())
        pictures.update(part.labels.tobytes())
    study: BackboneStudy | None = None
    found = []
    for seed in range(options.seed, options.seed + options.seeds):
        key = [_settings(options), meter.name if meter else "", seed]
        path = options.out / "done" / f"{signs.name}_{name}_{seed}_{_digest(pictures, key)}.json"
        if not path.exists():
            if study is None:
                settings = _study_options(options)
                weights = f"{signs.name}_{name}_{_digest(pictures, [options.epochs, options.seed])}.pt"
                training = partial(report, f"{name}, {signs.name}: training")
                dense = dense_backbone(name, signs, settings, options.out / "done" / weights, training)
                study = BackboneStudy(name, dense, signs, settings)
            write_json(path, study.prune(seed, _Searches(options.episodes), meter, report).to_dict())
        found.append(BackboneResult.from_dict(json.loads(read_bytes(path))))
    return BackboneResult.merged(found)


def _digest(pictures: hashlib._Hash, key: list[Any]) -> str:
    """Name what figures depend on: pictures and settings."""
    digest = pictures.copy()
    digest.update(json.dumps(key).encode())
    return digest.hexdigest()[:12]


def _study_options(options: argparse.Namespace) -> BackboneOptions:
    from hand_tracking_dsp.compression.backbones.budgets import PruningBudgets
    from hand_tracking_dsp.compression.backbones.study import BackboneOptions

    names = ("epochs", "tuning_epochs", "feedback", "runs", "seed")
    budgets = PruningBudgets(options.sparsity, options.macs)
    return BackboneOptions(budgets=budgets, **{name: getattr(options, name) for name in names})


class _Searches:
    """Lets rl.training choose for compression.backbones; the two rooms know nothing of each other."""

    def __init__(self, episodes: int) -> None:
        self._episodes = episodes

    def __call__(
        self, task: PruningTask, budgets: PruningBudgets, seed: int, on_progress: Callable[[int, int], None]
    ) -> tuple[Shares, Shares, int]:
        from hand_tracking_dsp.compression.backbones.layers import INTENSITIES
        from hand_tracking_dsp.rl.training.layerwise_dqn import LayerwiseDqnOptions, choose_by_dqn
        from hand_tracking_dsp.rl.training.layerwise_task import (
            LayerwiseCoefficients,
            LayerwiseTask,
            choose_at_random,
        )

        figures = task.figures()
        choice = LayerwiseTask(
            figures, INTENSITIES, task.evaluate, task.network.sparsity, partial(budgets.met, task.network)
        )
        coefficients = LayerwiseCoefficients.by_size(figures[:, 0], figures[:, 1])
        settings = LayerwiseDqnOptions(episodes=self._episodes, seed=seed)
        ours = choose_by_dqn(choice, coefficients, settings, on_progress)
        drawn = choose_at_random(choice, coefficients, ours.evaluations, seed, on_progress)
        return ours.intensities, drawn.intensities, ours.evaluations


def _settings(options: argparse.Namespace) -> dict[str, Any]:
    """Return what the figures of a seed depend on, besides pictures."""
    names = (
        "count",
        "epochs",
        "tuning_epochs",
        "episodes",
        "feedback",
        "runs",
        "sparsity",
        "macs",
        "seed",
    )
    return {name: getattr(options, name) for name in names}


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
        f"Budgets: {options.sparsity:.0%} of the parameters leave at least, and {options.macs:.0%} of the "
        f"operations stay at most. {options.epochs} epochs of training, {options.tuning_epochs} of "
        f"fine-tuning for every method; seeds: {options.seeds}, {options.episodes} episodes each; time: "
        "ONNX Runtime, one thread, in turn."
    )
