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

"""The page of hand-tracking-dsp view, served while the demo runs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from hand_tracking_dsp.nodes.graph.domains import own_domain
from hand_tracking_dsp.viewing.child import child
from hand_tracking_dsp.viewing.viewer_files import require_rerun

_CODE = "import sys; from hand_tracking_dsp.cli import main; sys.exit(main())"
_PATIENCE_S = 10.0


@contextmanager
def served_page() -> Iterator[int | None]:
    """Serve the page in a process of its own until the block ends, and yield the ROS domain that it watches.

    The domain is None where the environment has one. Where the page cannot be served it says so
    itself, and the demo goes on.

    Raises:
        ConfigurationError: Rerun's SDK is not installed.
    """
    require_rerun()
    with own_domain() as domain:
        options = [] if domain is None else ["--domain", str(domain)]
        with child([sys.executable, "-c", _CODE, "view", *options], _PATIENCE_S):
            yield domain
