"""The parameters of gesture_teleop_node."""

from __future__ import annotations

from hand_tracking_dsp.gestures.teleop import TeleopOptions
from hand_tracking_dsp.nodes.tables.common import AUTOSTART, qos
from hand_tracking_dsp.options import Parameter, parameters_of

TELEOP: tuple[Parameter, ...] = (
    AUTOSTART,
    *parameters_of(TeleopOptions, only=("deadman", "watchdog_s", "release_s")),
    Parameter("rate_hz", 50.0, "Commands, and looks of the watchdog, a second.", "Hz", 10, 500),
    *parameters_of(TeleopOptions, without=("deadman", "watchdog_s", "release_s")),
    Parameter("stamped", False, "Publish TwistStamped instead of Twist."),
    Parameter("frame_id", "base_link", "Frame in the header of a TwistStamped."),
    *qos("gestures", "gestures", "best_effort", depth=1),
    *qos("command", "cmd_vel", depth=1),
)
