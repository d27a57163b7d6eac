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

"""Levels of a bank that are pruned as a plan of granularities says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import onnx

from hand_tracking_dsp.compression.bank.entries import new_level, numbered
from hand_tracking_dsp.compression.bank.held_back import HeldBackCrops
from hand_tracking_dsp.compression.bank.model_size import sizes
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.data.crops import Crops
from hand_tracking_dsp.compression.granularity.plans import MeasuredPlan
from hand_tracking_dsp.tracking.composition.onnx_changes import serialized
from hand_tracking_dsp.tracking.manifest import Manifest


@dataclass(frozen=True, slots=True)
class GranularLevel:
    """A level that is made of a plan.

    Attributes:
        measured: The plan, carried out.
        limit: Time that was allowed, relative to the dense network's.
        runtime: Name of the runtime that the limit is of.
    """

    measured: MeasuredPlan
    limit: float
    runtime: str

    @property
    def name(self) -> str:
        """Return what is added to the dense level's name."""
        return f"granular{round(100 * self.limit)}"


def with_granular_levels(
    bank: Manifest, dense: onnx.ModelProto, levels: Sequence[GranularLevel], hands: Crops, *, seed: int = 0
) -> tuple[Manifest, dict[str, bytes]]:
    """Return a bank of its dense network and some levels, and the new files by name, for files.write_bank.

    Args:
        bank: The bank; its other levels are left out.
        dense: Its dense network, in fp32.
        levels: The levels.
        hands: Crops of hands that nothing was fitted on, to say how far each is off.
        seed: Seed that these were drawn by.
    """
    first, files = bank.levels[0], {}
    held_back = HeldBackCrops(hands, open_exact(dense), seed)
    infos = []
    for level in levels:
        data, file = serialized(level.measured.network), f"{first.name}_{level.name}.onnx"
        files[file] = data
        infos.append(
            new_level(
                f"{first.name}_{level.name}",
                file,
                data,
                keep=level.measured.keep,
                accuracy=held_back.accuracy(open_exact(level.measured.network)),
                source={
                    "file": first.file,
                    "sha256": first.computes,
                    "method": "closed form, a granularity for each area",
                    "granularity": dict(level.measured.plan),
                    "latency": round(level.measured.ratios[level.runtime], 4),
                    "limit": level.limit,
                    "runtime": level.runtime,
                    "seed": seed,
                },
                **sizes(level.measured.network),
            )
        )
    ordered = sorted(infos, key=lambda info: -info.parameters)
    return bank.with_levels(numbered([first, *ordered])), files
