"""The parameters of gesture_teleop_node."""

from __future__ import annotations

from hand_tracking_dsp.nodes.base.parameters import Parameter
from hand_tracking_dsp.nodes.tables.common import AUTOSTART, qos

TELEOP: tuple[Parameter, ...] = (
    AUTOSTART,
    Parameter("deadman", "fist", "Name of the gesture that must be held while the base moves."),
    Parameter(
        "watchdog_s",
        0.15,
        "Age of the newest image with that gesture above which the base is stopped; also how far ahead of "
        "the clock here a stamp may be.",
        "s",
        0.02,
        2,
        dynamic=True,
    ),
    Parameter(
        "release_s",
        0.2,
        "How long a hand must be seen without the gesture before it may begin to drive.",
        "s",
        0.05,
        10,
        dynamic=True,
    ),
    Parameter("rate_hz", 50.0, "Commands, and looks of the watchdog, a second.", "Hz", 10, 500),
    Parameter(
        "dead_zone_palms",
        0.3,
        "Way from where the gesture began that does not count yet.",
        "palm sizes",
        0,
        5,
        dynamic=True,
    ),
    Parameter("full_scale_palms", 1.5, "Way that gives full speed.", "palm sizes", 0.1, 20, dynamic=True),
    Parameter(
        "max_linear_mps", 0.3, "Full speed forwards and backwards (linear.x).", "m/s", 0, 5, dynamic=True
    ),
    Parameter("max_angular_radps", 0.8, "Full speed of turning (angular.z).", "rad/s", 0, 10, dynamic=True),
    Parameter(
        "linear_accel_mps2",
        0.5,
        "Greatest change of the linear speed; a stop is at once.",
        "m/s²",
        0.01,
        50,
        dynamic=True,
    ),
    Parameter(
        "angular_accel_radps2",
        1.5,
        "Greatest change of the angular speed; a stop is at once.",
        "rad/s²",
        0.01,
        100,
        dynamic=True,
    ),
    Parameter(
        "mirror",
        False,
        "Where the hand goes to the image's right, turn left instead of right: for a camera that is not the "
        "robot's own but looks at a person who looks the robot's way.",
    ),
    Parameter("stamped", False, "Publish TwistStamped instead of Twist."),
    Parameter("frame_id", "base_link", "Frame in the header of a TwistStamped."),
    *qos("gestures", "gestures", "best_effort", depth=1),
    *qos("command", "cmd_vel", depth=1),
)
