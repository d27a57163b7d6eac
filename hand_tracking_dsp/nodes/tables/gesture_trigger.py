"""The parameters of gesture_trigger_node."""

from __future__ import annotations

from hand_tracking_dsp.gestures.trigger import TriggerOptions
from hand_tracking_dsp.nodes.tables.common import AUTOSTART, qos
from hand_tracking_dsp.options import Parameter, parameters_of

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
    *parameters_of(TriggerOptions),
    Parameter("timeout_s", 3.0, "How long an answer is waited for.", "s", 0.1, 600, dynamic=True),
    *qos("events", "gesture_events", depth=50),
)
