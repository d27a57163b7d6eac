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

"""ROS domains of their own for graphs that nobody else on this machine is to disturb."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from hand_tracking_dsp.temporary import reserved

# With ports below the ephemeral ones of Linux, and without 0, where everybody is by default.
_DOMAINS = range(1, 102)


@contextmanager
def own_domain(chosen: int | None = None) -> Iterator[int | None]:
    """Yield the ROS domain of a graph: the chosen one, else one reserved until the block ends.

    None where the user has set ROS_DOMAIN_ID, which then counts.

    Not ROS_AUTOMATIC_DISCOVERY_RANGE=LOCALHOST: with it, most images are lost; see
    hand_tracking_dsp.nodes.graph.transport.
    """
    if chosen is not None or "ROS_DOMAIN_ID" in os.environ:
        yield chosen
        return
    with reserved_domain() as domain:
        yield domain


@contextmanager
def reserved_domain() -> Iterator[int]:
    """Yield a ROS domain that no other block like this on this machine holds, 1 to 101.

    It is chosen at random, as other machines of the network know nothing of it, and without a reservation
    where all are taken or the folder for temporary files cannot be written.
    """
    domains = random.SystemRandom().sample(_DOMAINS, len(_DOMAINS))
    with ExitStack() as holding:
        for domain in domains:
            if holding.enter_context(reserved(f"domain-{domain}")):
                break
        else:
            domain = domains[0]
        yield domain
