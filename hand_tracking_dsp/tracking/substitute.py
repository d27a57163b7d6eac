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

"""A network that runs in the place of a bank's level."""

from __future__ import annotations

from dataclasses import dataclass

from hand_tracking_dsp.tracking.backends.base import Session


@dataclass(frozen=True, slots=True, eq=False)
class Substitute:
    """A composed network, opened and warm, that runs where a level is commanded.

    Attributes:
        level: Level whose place it takes, 1 or more.
        keep: Share of hidden channels that stay in each block, %; see msg/SparsityCommand.msg.
        session: Network of the dense level's contract.
        time: Time of a run, relative to the dense level's.
        sparsity: Share of the dense network's parameters that are removed, 0 to 1.
    """

    level: int
    keep: tuple[int, ...]
    session: Session
    time: float
    sparsity: float
