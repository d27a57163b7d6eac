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
    Sides,
    alternatives,
    first_that_opens,
    open_session,
)
from hand_tracking_dsp.tracking.contract import check_session, contract_of, palm_contract, warm_up
from hand_tracking_dsp.tracking.manifest import Manifest
from hand_tracking_dsp.tracking.network_file import read_network
from hand_tracking_dsp.tracking.network_info import LevelInfo, Network
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

    def open_choice(choice: Choice[Network]) -> tuple[Choice[Network], Session]:
        return choice, open_checked(read_network(manifest, choice.info), choice)

    def open_on(one: RuntimeOptions) -> tuple[Choice[Network], Session]:
        (choice, session), problems = first_that_opens(choose_each(network, one), open_choice)
        return choice.run_by(session, problems), session

    (choice, session), problems = first_that_opens(alternatives(runtime), open_on)
    return replace(choice, problems=(*problems, *choice.problems)), session


def open_checked(network: bytes, choice: Choice[Network], sides: Sides | None = None) -> Session:
    """Open a network as it was chosen, check that it keeps its contract, and warm it up.

    Args:
        network: Its ONNX file.
        choice: What was chosen.
        sides: Height and width of a palm detector's input; None: those of its contract.

    Raises:
        ModelError: It breaks the contract.
        BackendError: The backend refuses it.
    """
    contract = palm_contract(*sides) if sides else contract_of(choice.info)
    file = choice.info.file
    # Sides of a palm detector may be free; a level has those of its file.
    given = None if isinstance(choice.info, LevelInfo) else contract.sides
    session = open_session(network, file, choice.runtime, given)
    check_session(session, contract, file)
    warm_up(session, contract, file)
    return session


def from_opened(runtime: RuntimeOptions, choice: Choice[Network]) -> RuntimeOptions:
    """Return options for the next network, without the providers that did not open for this one."""
    place = runtime.providers.index(choice.runtime.providers[0])
    return replace(runtime, providers=runtime.providers[place:])
