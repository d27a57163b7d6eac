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

"""Banks whose blocks have an estimate of what compositions give, though nothing was measured."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from hand_tracking_dsp.tracking.manifest import Manifest


def estimates(blocks: int = 16) -> dict[str, np.ndarray]:
    """Make up what a blocks file holds of compositions: later blocks cost less time and are worse to lose."""
    from hand_tracking_dsp.compression.composition.meter import random_choices
    from hand_tracking_dsp.compression.composition.surrogate_fit import fit_surrogate
    from hand_tracking_dsp.tracking.composition.surrogate import SCENES

    choices = random_choices(80, blocks, 0)
    deviations = np.array(choices) @ np.linspace(0.3, 1.0, blocks)
    surrogate = fit_surrogate(choices, deviations[:, None] * np.ones(len(SCENES)))
    time = np.linspace(0.06, 0.01, blocks)[:, None] * np.linspace(0, 1, 5)
    levels = np.linspace(0.5, 10.0, 5)[:, None] * np.ones(len(SCENES))
    return {"time": time.astype(np.float32), "levels": levels.astype(np.float32), **surrogate.arrays()}


def write_bank_with_estimates(folder: Path, blocks: Mapping[str, bytes] | None = None) -> Manifest:
    """Write the package's bank with made-up estimates, and blocks files by precision; INT8 if not given."""
    from dataclasses import replace

    from support.crops import smooth_crops

    from hand_tracking_dsp.compression.bank.files import write_bank
    from hand_tracking_dsp.compression.composition.bank_blocks import with_blocks
    from hand_tracking_dsp.documents import sha256_of
    from hand_tracking_dsp.resources import default_bank
    from hand_tracking_dsp.tracking.composition.block_set import unpacked, with_measured
    from hand_tracking_dsp.tracking.manifest import read_manifest
    from hand_tracking_dsp.tracking.network_info import FileInfo

    bank = replace(read_manifest(default_bank()), blocks=())
    if blocks is None:
        made, named = with_blocks(bank, ("int8",), smooth_crops(16, 0))
        blocks = {info.precision: named[info.file] for info in made.blocks or ()}
    files, infos = {}, []
    for precision, data in blocks.items():
        description, arrays = unpacked(data)
        file = f"{precision}.npz"
        files[file] = with_measured(description, arrays, estimates())
        source = {"network": description.network}
        infos.append(FileInfo(file=file, sha256=sha256_of(files[file]), precision=precision, source=source))
    return write_bank(folder, replace(bank, blocks=tuple(infos)), files)
