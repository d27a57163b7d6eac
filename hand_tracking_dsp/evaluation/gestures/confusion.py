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

"""Confusion of gestures: counts of what was read, by what people labelled."""

from __future__ import annotations

from collections import Counter
from typing import Any

NO_HAND = "no hand"
"""Where the tracker finds no hand."""

NONE = "none"
"""Where a hand shows none of the gestures."""


class Confusion:
    """Counts pairs of a person's label and what was read."""

    def __init__(self) -> None:
        self.pairs: Counter[tuple[str, str]] = Counter()

    def add(self, label: str, read: str) -> None:
        """Count a hand."""
        self.pairs[label, read] += 1

    @property
    def hands(self) -> int:
        """Hands that a person labelled."""
        return self.pairs.total()

    @property
    def found(self) -> int:
        """Those that the tracker found."""
        return sum(count for (_, read), count in self.pairs.items() if read != NO_HAND)

    @property
    def right(self) -> int:
        """Those that were read as labelled."""
        return sum(count for (label, read), count in self.pairs.items() if label == read)

    @property
    def accuracy(self) -> float | None:
        """Share read as labelled, 0 to 1, of the hands found; None without any."""
        return self.right / self.found if self.found else None

    def recall(self, label: str) -> float | None:
        """Share read as labelled, 0 to 1, of the hands found that have this label; None without any."""
        found = sum(n for (wanted, read), n in self.pairs.items() if wanted == label and read != NO_HAND)
        return self.pairs[label, label] / found if found else None

    def figures(self) -> dict[str, Any]:
        """Return all figures, for JSON."""
        return {
            "hands": self.hands,
            "found": self.found,
            "right": self.right,
            "accuracy_of_found": self.accuracy,
            "accuracy_of_all": self.right / self.hands if self.hands else None,
            "pairs": [
                {"label": label, "read": read, "count": n} for (label, read), n in sorted(self.pairs.items())
            ],
        }

    def table(self) -> str:
        """Set the counts out as a Markdown table: a row for each label, a column for each reading."""
        labels = sorted({label for label, _ in self.pairs}, key=_order)
        reads = sorted({read for _, read in self.pairs} | set(labels), key=_order)
        rows = [
            f"| said \\ read | {' | '.join(reads)} | right, of found |",
            "|---|" + "---:|" * (len(reads) + 1),
        ]
        for label in labels:
            cells = " | ".join(str(self.pairs[label, read] or "·") for read in reads)
            rows.append(f"| {label} | {cells} | {percent(self.recall(label))} |")
        return "\n".join(rows)


def percent(share: float | None) -> str:
    """Write a share, 0 to 1, in percent; "-" where there is none."""
    return "-" if share is None else f"{100 * share:.1f} %"


def _order(name: str) -> tuple[int, str]:
    """Return a key that orders by name, with what is not a gesture at the end."""
    return (NONE, NO_HAND).index(name) + 1 if name in {NONE, NO_HAND} else 0, name
