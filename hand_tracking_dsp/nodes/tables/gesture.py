"""The parameters of gesture_node."""

from __future__ import annotations

from hand_tracking_dsp.gestures.options import GestureOptions
from hand_tracking_dsp.nodes.tables.common import AUTOSTART, qos
from hand_tracking_dsp.options import Parameter, parameters_of

GESTURE: tuple[Parameter, ...] = (
    AUTOSTART,
    Parameter("gestures_file", "", "YAML file of gestures of one's own by example; empty: none."),
    Parameter(
        "silence_s",
        0.5,
        "Silence of hands, by the machine's own clock, after which all gestures end.",
        "s",
        0.05,
        60,
        dynamic=True,
    ),
    *parameters_of(GestureOptions),
    *qos("hands", "hands"),
    *qos("gestures", "gestures"),
    *qos("events", "gesture_events", depth=50),
)
