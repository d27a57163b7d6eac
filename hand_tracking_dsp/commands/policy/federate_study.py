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

"""The study of policy federate --simulate: tables and JSON of a simulated fleet."""

from __future__ import annotations

import argparse
import logging
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from rich.console import Console

from hand_tracking_dsp.commands.arguments import read_device
from hand_tracking_dsp.commands.output import (
    machine,
    machine_line,
    make_console,
    make_table,
    progress_bars,
    write_json,
)
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.rl.benchmark.evaluate import require_same_levels
from hand_tracking_dsp.tracking.manifest import read_manifest

if TYPE_CHECKING:
    from hand_tracking_dsp.rl.federated.options import FederationOptions
    from hand_tracking_dsp.rl.federated.study import Training
    from hand_tracking_dsp.rl.federated.study_scores import StudyScores

_HEADINGS = (
    "training",
    "return",
    "share of the gain (95 %)",
    "late",
    "usable",
    "error",
    "energy, J",
    "hypervolume",
    "loss",
    "rounds",
    "MB in all",
)
AIM = 0.95
"""Share of the gain of all data in one place that federated training is to reach."""


def simulate(options: argparse.Namespace, settings: FederationOptions) -> None:
    """Train and evaluate a simulated fleet, print the tables, and write fleet.json.

    Raises:
        ModelError: Bank or device cannot be used.
        OutputError: A file cannot be written.
    """
    from hand_tracking_dsp.rl.federated.fleet import FleetOptions, draw_fleet
    from hand_tracking_dsp.rl.federated.study import train_all, train_poisoned
    from hand_tracking_dsp.rl.federated.study_scores import play_unseen

    bank = read_manifest(options.bank or default_bank())
    device = read_device(options, bank)
    require_same_levels(device, bank)
    sizes = FleetOptions(options.simulate, options.missions, options.unseen, seed=options.seed)
    # Thousands of lines of Flower's and of refused clients, which the tables count.
    for name in ("flwr", "hand_tracking_dsp.rl.federated"):
        logging.getLogger(name).setLevel(logging.ERROR)
    console = make_console()
    console.print(f"{sizes.clients} unlike robots, {sizes.unseen} never seen; {machine_line()}")
    with progress_bars(console) as show, TemporaryDirectory() as folder:
        fleet = draw_fleet(device, bank, sizes, show)
        trainings = train_all(fleet, bank, settings, options.seed, show)
        poisoned = train_poisoned(fleet, bank, settings, options.seed, show)
        scores = play_unseen(fleet, bank, trainings, sizes.unseen_missions, Path(folder), show)
    _print(console, trainings, poisoned, scores)
    value = {
        "machine": machine(),
        "fleet": asdict(sizes),
        "settings": asdict(settings),
        "trainings": {name: _told(one) for name, one in trainings.items()},
        "poisoned": {name: _told(one) for name, one in poisoned.items()},
        "figures": {name: asdict(one) for name, one in scores.figures.items()},
        "returns_by_robot": {name: one.tolist() for name, one in scores.gains.items()},
        "share_of_gain": _shares(scores),
    }
    write_json(options.out / "fleet.json", value)
    console.print(f"All figures are in {options.out / 'fleet.json'}.")


def _shares(scores: StudyScores) -> dict[str, tuple[float, float, float]]:
    from hand_tracking_dsp.rl.federated.study import ALONE, share_of_gain

    names = [name for name in scores.gains if not name.startswith(f"{ALONE} ")]
    return {name: share_of_gain(scores.gains, name) for name in names}


def _told(training: Training) -> dict[str, Any]:
    rounds = [
        {
            "round": one.number,
            "clients": one.clients,
            "refused": one.refused,
            "sent_bytes": one.sent,
            "received_bytes": one.received,
            "loss": one.loss,
        }
        for one in training.rounds
    ]
    return {"loss": training.loss, "bytes": training.bytes, "rounds": rounds}


def _print(
    console: Console, trainings: Mapping[str, Training], poisoned: Mapping[str, Training], scores: StudyScores
) -> None:
    from hand_tracking_dsp.rl.federated.study import ALONE

    shares = _shares(scores)
    rows = []
    for name, one in scores.figures.items():
        if name.startswith(f"{ALONE} "):
            continue
        training = trainings.get(name)
        losses = [of.loss for key, of in trainings.items() if key.startswith(f"{name} ") or key == name]
        share = (
            f"{shares[name][0]:.2f} ({shares[name][1]:.2f} to {shares[name][2]:.2f})"
            if name in shares
            else "0"
        )
        rows.append(
            (
                f"{name} (mean)" if name == ALONE else name,
                f"{one.gain:.4f}",
                share,
                f"{100 * one.late:.2f} %",
                f"{100 * one.usable:.1f} %",
                f"{one.error:.3f}",
                f"{one.energy_j:.0f}",
                f"{one.volume:.3f}",
                f"{sum(losses) / len(losses):.3f}" if losses else "",
                str(len(training.rounds)) if training and training.rounds else "",
                f"{training.bytes / 1e6:.1f}" if training and training.rounds else "",
            )
        )
    console.print(make_table("Missions of robots never seen: means", _HEADINGS, rows))
    cases = [(name, _loss(one.loss), str(_refusals(one))) for name, one in poisoned.items()]
    console.print(make_table("One client of all poisoned", ("training", "loss", "updates refused"), cases))
    best = max(
        (shares[name][0], name) for name in trainings if trainings[name].rounds and "alike" not in name
    )
    reached = "is reached" if best[0] >= AIM else "is not reached"
    console.print(f"{AIM:.0%} of the gain of all data in one place {reached}: {best[1]} has {best[0]:.0%}.")


def _loss(value: float) -> str:
    return f"{value:.3f}" if math.isfinite(value) else "not a number"


def _refusals(training: Training) -> int:
    return sum(len(one.refused) for one in training.rounds)
