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

"""Table of errors on rendered statues."""

from __future__ import annotations

from collections.abc import Mapping

from rich.table import Table

from hand_tracking_dsp.commands.output import make_table
from hand_tracking_dsp.compression.statues.measure import StatueErrors


def statue_table(results: Mapping[str, Mapping[str, StatueErrors]]) -> Table:
    """Show errors on rendered hands: by network, by set."""
    rows = [
        (
            network,
            name,
            f"{one.shape_mm:.1f}",
            f"{one.placed_mm:.1f}",
            f"{one.landmarks_percent:.1f}",
            f"{one.found_percent:.1f}",
            f"{one.false_percent:.1f}",
            f"{one.sides_percent:.1f}",
            str(one.hands),
        )
        for network, sets in results.items()
        for name, one in sets.items()
    ]
    title = (
        "Rendered hands, exact joints. shape: mean distance of the joints in metres, moved to their mean; "
        "placed: in the camera's frame, lifted by depth; in the picture: % of the palm"
    )
    headings = (
        "network", "hands", "shape mm", "placed mm", "in the picture %", "present %", "without a hand %",
        "side %", "count",
    )  # fmt: skip
    return make_table(title, headings, rows, left=("hands",))
