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

import hashlib
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
from flwr.app import Context

from hand_tracking_dsp.control.point_figures import PointFigures
from hand_tracking_dsp.files import write_bytes
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.rl.federated.client import make_client
from hand_tracking_dsp.rl.simulation.device import DeviceModel
from hand_tracking_dsp.rl.simulation.robots import OWN
from hand_tracking_dsp.rl.training.forecast_data import LabelledObservations, play_missions
from hand_tracking_dsp.tracking.manifest import Manifest, read_manifest

_FIELDS = ("observations", "points", "labels", "missions")
# Missions of no other training.
_FIRST = 70_000_000


def observations_of(
    device: DeviceModel, bank: Manifest, missions: int, folder: Path, seed: int = 0
) -> LabelledObservations:
    """Return labelled observations of a robot's missions, played or as they were kept.

    Args:
        device: Device fitted to the robot's traces.
        bank: Bank whose operating points are chosen from.
        missions: Number of missions.
        folder: Folder to keep them in; they never leave it.
        seed: Seed of the missions.

    Raises:
        OutputError: They cannot be kept.
    """
    what = f"{device.to_json()} {bank.fingerprint} {missions} {seed}"
    file = folder / f"missions-{hashlib.sha256(what.encode()).hexdigest()[:16]}.npz"
    if file.exists():
        with np.load(file, allow_pickle=False) as kept:
            return LabelledObservations(*(kept[name] for name in _FIELDS))
    first = _FIRST + missions * seed
    data = play_missions(device, PointFigures.of(bank), OWN, range(first, first + missions))
    buffer = io.BytesIO()
    np.savez(buffer, **{name: getattr(data, name) for name in _FIELDS})
    write_bytes(file, buffer.getvalue())
    return data


def _own(context: Context) -> LabelledObservations:
    config = context.node_config
    bank = _bank(str(config.get("bank", "")))
    device = replace(
        DeviceModel.from_json(Path(str(config["device"]))), bank_points=bank.operating_points or ()
    )
    return observations_of(device, bank, int(config["missions"]), Path(str(config["work"])))


def _bank(folder: str) -> Manifest:
    return read_manifest(Path(folder) if folder else default_bank())


app = make_client(_bank(""), _own)
