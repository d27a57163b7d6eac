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

"""Opens a bank's network: on the first provider that can, with the backend, file and arithmetic to suit."""

from __future__ import annotations

from dataclasses import replace

from hand_tracking_dsp.tracking.backends import (
    RuntimeOptions,
    Session,
    alternatives,
    first_that_opens,
    open_session,
)
from hand_tracking_dsp.tracking.contract import check_session, contract_of, warm_up
from hand_tracking_dsp.tracking.manifest import Manifest, read_network
from hand_tracking_dsp.tracking.network_info import Network
from hand_tracking_dsp.tracking.precision import Choice, choose_each


def open_network(
    manifest: Manifest, network: Network, runtime: RuntimeOptions
) -> tuple[Choice[Network], Session]:
    """Open a level or a palm detector, and warm it up.

    What suits a GPU does not suit the processor to which a missing library leads back: the file and the
    arithmetic are chosen for each provider that is tried.

    Returns:
        What runs, and its session.

    Raises:
        ModelError: The file is missing, damaged or breaks the contract.
        BackendError: The backend is missing, or no provider runs the network.
        ConfigurationError: The network cannot run in the precision asked for.
    """
    contract = contract_of(network)

    def open_choice(choice: Choice[Network]) -> tuple[Choice[Network], Session]:
        session = open_session(read_network(manifest, choice.info), choice.info.file, choice.runtime)
        check_session(session, contract, choice.info.file)
        warm_up(session, contract, choice.info.file)
        return choice, session

    def open_on(one: RuntimeOptions) -> tuple[Choice[Network], Session]:
        (choice, session), problems = first_that_opens(choose_each(network, one), open_choice)
        return choice.run_by(session, problems), session

    (choice, session), problems = first_that_opens(alternatives(runtime), open_on)
    return replace(choice, problems=(*problems, *choice.problems)), session


def from_opened(runtime: RuntimeOptions, choice: Choice[Network]) -> RuntimeOptions:
    """Return options for the next network, without the providers that did not open for this one."""
    place = runtime.providers.index(choice.runtime.providers[0])
    return replace(runtime, providers=runtime.providers[place:])
