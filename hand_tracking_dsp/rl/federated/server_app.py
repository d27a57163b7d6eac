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

"""The ServerApp: goes on from the checkpoint, trains the rounds that are left, and writes after each one."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict
from pathlib import Path

from flwr.app import Context
from flwr.serverapp import Grid, ServerApp

from hand_tracking_dsp.errors import ConfigurationError, HandTrackingError, ModelError
from hand_tracking_dsp.files import write_text
from hand_tracking_dsp.rl.federated.checkpoints import Checkpoint, read_checkpoint, write_checkpoint
from hand_tracking_dsp.rl.federated.options import FederationOptions
from hand_tracking_dsp.rl.federated.records import arrays_of, layers_of, record_of
from hand_tracking_dsp.rl.federated.strategies import GuardedStrategy, Round
from hand_tracking_dsp.rl.training.forecast_export import export_forecast
from hand_tracking_dsp.rl.training.forecast_round import first_layers
from hand_tracking_dsp.rl.training.forecast_train import PointMlp
from hand_tracking_dsp.tracking.manifest import Manifest, read_manifest

CHECKPOINT, ROUNDS, POLICY, DONE = "checkpoint.npz", "rounds.jsonl", "policy.json", "done"
"""Files in the server's folder: weights, a line for each round, the exported policy, and that it is there."""

# Of a late or dead client's round the others wait no longer, seconds.
_ROUND_TIMEOUT_S = 600.0
_MOST_FRUITLESS = 10

_log = logging.getLogger(__name__)

app = ServerApp()


@app.main()
def main(grid: Grid, context: Context) -> None:
    """Train the rounds that are left, and export the policy.

    Raises:
        ConfigurationError: A setting of the run is missing.
        ModelError: Bank or checkpoint cannot be used.
        OutputError: A file cannot be written.
    """
    settings = context.run_config
    try:
        folder, bank = Path(str(settings["out"])), read_manifest(Path(str(settings["bank"])))
        options = FederationOptions(
            strategy=str(settings["strategy"]),
            rounds=int(settings["rounds"]),
            clients=int(settings["clients"]),
        )
        seed, timeout_s = int(settings["seed"]), float(settings.get("timeout", _ROUND_TIMEOUT_S))
    except KeyError as error:
        msg = f"The run lacks the setting {error}: start it by 'policy federate --serve'."
        raise ConfigurationError(msg) from error
    train(grid, folder, bank, options, seed, timeout_s)


def train(
    grid: Grid, folder: Path, bank: Manifest, options: FederationOptions, seed: int, timeout_s: float
) -> None:
    """Train the rounds that are left after those of the checkpoint, and export the policy.

    Args:
        grid: Flower's way to the clients.
        folder: Folder of the files.
        bank: Bank on the server.
        options: Settings.
        seed: Seed of the first weights.
        timeout_s: Time that a round waits for clients, seconds.

    Raises:
        HandTrackingError: No client sends anything that can be used.
        ModelError: The checkpoint is another network's, or damaged.
        OutputError: A file cannot be written.
    """
    checkpoint = _checkpoint(folder / CHECKPOINT, seed)
    finished, fruitless = checkpoint, 0

    def keep(one: Round) -> None:
        nonlocal finished, fruitless
        fruitless = 0 if one.clients else fruitless + 1
        if one.clients:
            finished = Checkpoint(one.number, one.arrays)
            write_checkpoint(folder / CHECKPOINT, finished)
        with (folder / ROUNDS).open("a", encoding="utf-8") as file:
            file.write(json.dumps(one.to_dict()) + "\n")

    strategy = GuardedStrategy(options, bank, keep, checkpoint.number)
    while finished.number < options.rounds:
        if fruitless == _MOST_FRUITLESS:
            msg = (
                f"No client's weights came in {fruitless} rounds: see to the robots, or give more --timeout."
            )
            raise HandTrackingError(msg)
        strategy.start(grid, record_of(finished.arrays), 1, timeout_s)
    training = {"federated": asdict(options), "seed": seed}
    export_forecast(PointMlp(layers_of(finished.arrays)), bank, folder / POLICY, training)
    write_text(folder / DONE, f"{options.rounds}\n")
    _log.info("%s is the policy after %d rounds.", folder / POLICY, options.rounds)


def _checkpoint(path: Path, seed: int) -> Checkpoint:
    """Read the checkpoint, or draw the first weights.

    Raises:
        ModelError: It is another network's, or damaged.
    """
    first = arrays_of(first_layers(seed))
    found = read_checkpoint(path) or Checkpoint(0, first)
    shapes = {name: array.shape for name, array in first.items()}
    if {name: array.shape for name, array in found.arrays.items()} != shapes:
        msg = f"The checkpoint {path} is another network's than here: choose another --out."
        raise ModelError(msg)
    return found
