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

"""Settings of a federated training; they need neither Flower nor PyTorch."""

from __future__ import annotations

from dataclasses import dataclass, field

from hand_tracking_dsp.rl.federated.updates import GuardOptions

STRATEGIES = ("fedavg", "fedprox", "fedavgm", "fedmedian", "fedadam")
"""Names of Flower's strategies: McMahan et al., AISTATS 2017; Li et al., MLSys 2020; Hsu et al., "Measuring
the effects of non-identical data distribution for federated visual classification", 2019; Yin et al., ICML
2018; Reddi et al., "Adaptive federated optimization", ICLR 2021."""


@dataclass(frozen=True, slots=True)
class FederationOptions:
    """Settings of a federated training.

    Attributes:
        strategy: One of STRATEGIES.
        rounds: Number of rounds.
        epochs: How often a client sees each of its observations in a round.
        batch: Observations in a client's batch; by FedAdam all are in one.
        learning_rate: Learning rate of the clients' Adam in the first round; it falls linearly over the
            rounds.
        last_rate: Share of it in the last round.
        server_rate: Learning rate of the server's Adam by FedAdam in the first round; it falls likewise.
        descent_rate: Learning rate of the clients' one step along their gradient by FedAdam.
        proximal: Weight mu of FedProx's term.
        momentum: Momentum of FedAvgM's server.
        clients: Clients that a round needs.
        guard: Limits of what a client may send; None: whatever comes is taken.
    """

    strategy: str = "fedadam"
    rounds: int = 120
    epochs: int = 1
    batch: int = 256
    learning_rate: float = 1e-2
    last_rate: float = 0.05
    server_rate: float = 2e-2
    descent_rate: float = 1e-2
    proximal: float = 0.01
    momentum: float = 0.5
    clients: int = 2
    guard: GuardOptions | None = field(default_factory=GuardOptions)

    def rate_left(self, number: int) -> float:
        """Return the share of the learning rate that is left in a round, from 1 on."""
        share = (number - 1) / max(self.rounds - 1, 1)
        return 1 + share * (self.last_rate - 1)
