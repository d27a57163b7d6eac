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

"""hand-tracking-dsp policy federate: train the controller's network over a fleet without sharing its data."""

from __future__ import annotations

import argparse
from pathlib import Path

from hand_tracking_dsp.commands.arguments import add_bank, add_device, add_seed, require_at_least
from hand_tracking_dsp.commands.output import require_writable
from hand_tracking_dsp.commands.policy.federate_study import simulate
from hand_tracking_dsp.errors import ConfigurationError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--simulate", type=int, metavar="N", help="compare trainings of N simulated robots")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for results")
    parser.add_argument("--rounds", type=int, default=20, help="rounds (default: %(default)s)")
    parser.add_argument("--missions", type=int, default=6, help="missions of each robot (default: %(default)s)")
    parser.add_argument("--unseen", type=int, default=10, help="robots to evaluate on (default: %(default)s)")
    add_device(parser)
    add_bank(parser)
    add_seed(parser)


def run(options: argparse.Namespace) -> int:
    """Simulate."""
    require_at_least(options, rounds=1, missions=1, unseen=2, seed=0)
    from hand_tracking_dsp.rl.federated.strategies import FederationOptions

    require_writable(options.out, "fleet.json")
    simulate(options, FederationOptions(rounds=options.rounds))
    return 0
