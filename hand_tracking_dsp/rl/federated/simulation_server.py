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

"""The process of a simulated fleet: Flower's simulation engine with a ServerApp that does all trainings.

python -m hand_tracking_dsp.rl.federated.simulation_server reads a pickled FleetSimulation, and ends when its
input does.
"""

from __future__ import annotations

import logging
import os
import pickle
import signal
import sys
import time
import traceback
from collections.abc import Iterable
from threading import Thread

from flwr.app import ArrayRecord, ConfigRecord, Context, Message, MessageType, MetricRecord, RecordDict
from flwr.serverapp import Grid, ServerApp
from flwr.simulation import run_simulation

from hand_tracking_dsp.documents import visible
from hand_tracking_dsp.errors import HandTrackingError
from hand_tracking_dsp.files import write_text
from hand_tracking_dsp.rl.federated.client import REFUSED
from hand_tracking_dsp.rl.federated.records import CONFIG, arrays_of, layers_of, record_of
from hand_tracking_dsp.rl.federated.simulation import FAILURE, FleetSimulation, Task
from hand_tracking_dsp.rl.federated.simulation_client import DATA, PARTITION, SPOIL, SimulatedClient
from hand_tracking_dsp.rl.federated.strategies import GuardedStrategy, Round
from hand_tracking_dsp.rl.federated.training_files import Training, write_training
from hand_tracking_dsp.rl.training.forecast_round import first_layers
from hand_tracking_dsp.tracking.manifest import Manifest

# The least that Ray takes: messages are small, and go past its store.
_STORE_BYTES = 80_000_000
_POLL_S = 0.1
_LONGEST_REASON = 200


class SimulatedStrategy(GuardedStrategy):
    """A strategy that gets an answer of every client: one that is lost would change the result unseen."""

    def aggregate_train(
        self, server_round: int, replies: Iterable[Message]
    ) -> tuple[ArrayRecord | None, MetricRecord | None]:
        """Aggregate, where every client has answered.

        Raises:
            HandTrackingError: One has not.
        """
        came = list(replies)
        require_all(came, len(self._numbers))
        return super().aggregate_train(server_round, came)


def require_all(replies: list[Message], clients: int) -> None:
    """Check that all clients have answered, and none but by what it says itself.

    Raises:
        HandTrackingError: One failed, or its process was lost.
    """
    again = "run the command again, which goes on from the trainings that are done"
    if len(replies) < clients:
        msg = f"Of {clients} simulated clients {clients - len(replies)} did not answer in time: {again}."
        raise HandTrackingError(msg)
    for reply in replies:
        if reply.has_error() and reply.error.code != REFUSED:
            # Flower gives the exception's type and all that Ray says of its process, which is for the log.
            told = (reply.error.reason or "").replace("\\n", " ").split(":<'")[-1].split(". ")[0]
            reason = visible(" ".join(told.split())[:_LONGEST_REASON])
            msg = (
                f"A simulated client failed, or its process was killed, perhaps for want of memory: {again}; "
                f"fewer --workers need less. It is said: {reason.rstrip('.')}."
            )
            raise HandTrackingError(msg)


def run(simulation: FleetSimulation) -> None:
    """Do all trainings.

    Raises:
        HandTrackingError: A client failed, or a file cannot be written.
    """
    server = ServerApp()

    @server.main()
    def main(grid: Grid, _context: Context) -> None:
        for task in simulation.tasks:
            write_training(task.file, _trained(grid, task, simulation.bank))

    run_simulation(
        server,
        SimulatedClient(simulation.bank.folder.absolute()),
        simulation.tasks[0].options.clients,
        backend_config={
            "client_resources": {"num_cpus": 1, "num_gpus": 0.0},
            "init_args": {
                "num_cpus": simulation.workers,
                "num_gpus": 0,
                "include_dashboard": False,
                "object_store_memory": _STORE_BYTES,
                "_temp_dir": str(simulation.folder),
            },
        },
    )


def _trained(grid: Grid, task: Task, bank: Manifest) -> Training:
    rounds: list[Round] = []
    strategy = SimulatedStrategy(task.options, bank, rounds.append, numbers=_prepared(grid, task))
    strategy.start(grid, record_of(arrays_of(first_layers(task.seed))), task.options.rounds)
    return Training(layers_of(rounds[-1].arrays), tuple(rounds))


def _prepared(grid: Grid, task: Task) -> dict[int, int]:
    """Tell all clients what they learn from, and return their numbers, from 1 on, by Flower's."""
    while len(nodes := list(grid.get_node_ids())) < task.options.clients:
        time.sleep(_POLL_S)
    settings = RecordDict({CONFIG: ConfigRecord({DATA: str(task.data), SPOIL: task.spoil})})
    replies = list(grid.send_and_receive([Message(settings, node, MessageType.QUERY) for node in nodes]))
    require_all(replies, len(nodes))
    return {
        reply.metadata.src_node_id: int(str(reply.content.config_records[CONFIG][PARTITION])) + 1
        for reply in replies
    }


def _end_with_input() -> None:
    """End this process and Ray's when the one that started it is gone, or wants no more."""
    sys.stdin.buffer.read()
    os.killpg(0, signal.SIGKILL)


def main() -> None:
    """Do the trainings that standard input tells."""
    simulation: FleetSimulation = pickle.load(sys.stdin.buffer)  # noqa: S301 (from the process that started this one)
    Thread(target=_end_with_input, daemon=True).start()
    logging.getLogger("flwr").setLevel(logging.WARNING)
    status = 1
    try:
        run(simulation)
        status = 0
    except HandTrackingError as error:
        write_text(simulation.folder / FAILURE, str(error))
    except BaseException:  # noqa: BLE001 (whatever it is, the log has it)
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    # Where Ray fails, the thread of the ServerApp would wait for its clients.
    os._exit(status)


if __name__ == "__main__":
    main()
