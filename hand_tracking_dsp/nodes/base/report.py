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

"""Condition of a node, as /diagnostics shows it."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field

from diagnostic_msgs.msg import DiagnosticStatus, KeyValue


@dataclass(slots=True)
class Report:
    """Condition of a node in /diagnostics.

    Attributes:
        hardware: Device or library that the node works with; "": the computer's name.
        values: Figures by name.
        notes: Sentences that call for nothing.
        warnings: Sentences about what should be looked at.
        errors: Sentences about what does not work.
    """

    hardware: str = ""
    values: dict[str, object] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def status(self, name: str, otherwise: str) -> DiagnosticStatus:
        """Make the message.

        Args:
            name: Name of the status.
            otherwise: Message where there is no sentence.
        """
        warned = DiagnosticStatus.WARN if self.warnings else DiagnosticStatus.OK
        return DiagnosticStatus(
            level=DiagnosticStatus.ERROR if self.errors else warned,
            name=name,
            message=" ".join([*self.errors, *self.warnings, *self.notes]) or otherwise,
            # An empty one is "none" to the viewers of diagnostics.
            hardware_id=self.hardware or socket.gethostname(),
            values=[KeyValue(key=key, value=_shown(value)) for key, value in self.values.items()],
        )


def _shown(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
