"""The parameters of gesture_trigger_node."""

from __future__ import annotations

from hand_tracking_dsp.nodes.base.parameters import Parameter
from hand_tracking_dsp.nodes.tables.common import AUTOSTART, qos

TRIGGER: tuple[Parameter, ...] = (
    AUTOSTART,
    Parameter(
        "bindings",
        (
            "victory held 1.0 -> set pruning_controller_node operator_level 0",
            "thumb_down held 1.0 -> set pruning_controller_node operator_level -1",
        ),
        "What which event sets off: GESTURE started, held SECONDS, ended or moved -> "
        "set NODE PARAMETER VALUE, call SERVICE (Trigger), or call SERVICE true or false (SetBool).",
    ),
    Parameter(
        "cooldown_s", 1.0, "How long a binding rests after it was set off.", "s", 0, 3600, dynamic=True
    ),
    Parameter(
        "max_age_s",
        1.0,
        "Age above which an event sets off nothing; also how far ahead of the clock here its stamp may be.",
        "s",
        0.05,
        3600,
        dynamic=True,
    ),
    Parameter("timeout_s", 3.0, "How long an answer is waited for.", "s", 0.1, 600, dynamic=True),
    *qos("events", "gesture_events", depth=50),
)
