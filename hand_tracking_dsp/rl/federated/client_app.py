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

"""The ClientApp of a robot: plays missions on the device that was fitted to its traces, and learns from them.

Flower starts it anew for each round; the missions are played once and kept in the robot's own folder.
"""

from __future__ import annotations

import zlib
from dataclasses import replace
from pathlib import Path

from flwr.app import Context

from hand_tracking_dsp.control.point_figures import PointFigures
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.rl.federated.client import make_client
from hand_tracking_dsp.rl.federated.part_files import part_file, read_missions, write_missions
from hand_tracking_dsp.rl.simulation.device import DeviceModel
from hand_tracking_dsp.rl.simulation.robots import OWN
from hand_tracking_dsp.rl.training.forecast_data import LabelledObservations, play_missions
from hand_tracking_dsp.tracking.manifest import Manifest, read_manifest

# Missions of no other training.
_FIRST = 70_000_000


def observations_of(
    device: DeviceModel, bank: Manifest, missions: int, folder: Path, seed: int
) -> LabelledObservations:
    """Return labelled observations of a robot's missions, played or as they were kept.

    Args:
        device: Device fitted to the robot's traces.
        bank: Bank whose operating points are chosen from.
        missions: Number of missions.
        folder: Folder to keep them in; they never leave it.
        seed: Seed of the missions.

    Raises:
        ModelError: The file that they were kept in is damaged.
        OutputError: They cannot be kept.
    """
    file = part_file(folder, "missions.npz", device.to_json(), bank.fingerprint, missions, seed)
    data = read_missions(file)
    if data is None:
        first = _FIRST + missions * seed
        data = play_missions(device, PointFigures.of(bank), OWN, range(first, first + missions))
        write_missions(file, data)
    return data


def _own(context: Context) -> LabelledObservations:
    config = context.node_config
    bank = _bank(str(config.get("bank", "")))
    device = replace(
        DeviceModel.from_json(Path(str(config["device"]))), bank_points=bank.operating_points or ()
    )
    # Robots of one model may have one device file: by its name each plays missions of its own.
    seed = zlib.crc32(str(config["name"]).encode())
    return observations_of(device, bank, int(config["missions"]), Path(str(config["work"])), seed)


def _bank(folder: str) -> Manifest:
    return read_manifest(Path(folder) if folder else default_bank())


app = make_client(_bank(""), _own)
