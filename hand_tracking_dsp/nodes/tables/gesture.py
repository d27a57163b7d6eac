"""The parameters of gesture_node."""

from __future__ import annotations

from hand_tracking_dsp.nodes.base.parameters import Parameter
from hand_tracking_dsp.nodes.tables.common import AUTOSTART, qos

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
    Parameter(
        "finger_open_deg",
        50.0,
        "A finger whose joints bend by no more than this, in all, is open.",
        "deg",
        0,
        500,
        dynamic=True,
    ),
    Parameter(
        "finger_closed_deg",
        150.0,
        "One whose joints bend by more is folded; between both it is open in part.",
        "deg",
        0,
        540,
        dynamic=True,
    ),
    Parameter(
        "thumb_reach_closed",
        0.95,
        "The thumb is folded where the ratio of its tip's and its MCP joint's distance from the "
        "little finger's MCP joint is no more than this.",
        low=0,
        high=5,
        dynamic=True,
    ),
    Parameter(
        "thumb_reach_open", 1.3, "It is open where that ratio is at least this.", low=0, high=5, dynamic=True
    ),
    Parameter(
        "thumb_gap_closed",
        0.15,
        "It is folded, too, where its tip is no further from another finger.",
        "palm sizes",
        0,
        2,
        dynamic=True,
    ),
    Parameter(
        "thumb_gap_open",
        0.5,
        "It is open where its tip is at least so far from all of them.",
        "palm sizes",
        0,
        2,
        dynamic=True,
    ),
    Parameter(
        "pinch_close",
        0.2,
        "Thumb and index finger pinch fully where their tips are no further apart.",
        "palm sizes",
        0,
        2,
        dynamic=True,
    ),
    Parameter(
        "pinch_open",
        0.6,
        "They do not where they are at least so far apart.",
        "palm sizes",
        0,
        2,
        dynamic=True,
    ),
    Parameter(
        "palm_bend_deg",
        55.0,
        "Most bend, in all, of a finger of an open palm; a resting hand's bend more.",
        "deg",
        1,
        540,
        dynamic=True,
    ),
    Parameter(
        "palm_thumb_reach",
        0.8,
        "Least ratio, as of thumb_reach_closed, of an open palm's thumb, which may lie beside the "
        "index finger but not across the palm.",
        low=0.1,
        high=5,
        dynamic=True,
    ),
    Parameter(
        "pinch_bend_deg",
        155.0,
        "Most bend, in all, of an index finger that pinches; a fist's bends more.",
        "deg",
        0,
        540,
        dynamic=True,
    ),
    Parameter(
        "pinch_lead",
        0.2,
        "By how much the thumb's tip must be nearer to the index finger's tip than to the PIP "
        "joints that it lies on in a fist.",
        "palm sizes",
        0.01,
        2,
        dynamic=True,
    ),
    Parameter(
        "victory_spread_deg",
        8.0,
        "Least angle between index and middle finger of a victory sign.",
        "deg",
        0.1,
        45,
        dynamic=True,
    ),
    Parameter(
        "thumb_tilt_deg",
        45.0,
        "Most angle between a thumb up or down and the vertical.",
        "deg",
        1,
        60,
        dynamic=True,
    ),
    Parameter(
        "camera_roll_deg",
        0.0,
        "How far clockwise an upright thing appears turned in the image; only thumb up and down "
        "depend on it.",
        "deg",
        -180,
        180,
        dynamic=True,
    ),
    Parameter("min_score", 0.5, "Least score of a gesture that is named.", low=0, high=1, dynamic=True),
    Parameter(
        "min_visible",
        0.9,
        "Least share of a hand's joints inside the image; with fewer it shows no gesture.",
        "share",
        0,
        1,
        dynamic=True,
    ),
    Parameter(
        "hold_on_s", 0.2, "For how long a gesture must be seen before it starts.", "s", 0, 10, dynamic=True
    ),
    Parameter(
        "hold_off_s",
        0.2,
        "For how long it must be missing before it ends; a lost hand ends its gestures at once.",
        "s",
        0,
        10,
        dynamic=True,
    ),
    Parameter(
        "held_interval_s",
        0.5,
        "Time between two events that tell of a held gesture; 0: one for every image.",
        "s",
        0,
        60,
        dynamic=True,
    ),
    Parameter(
        "max_gap_s",
        1.0,
        "A longer pause between two images, by their stamps, ends all gestures.",
        "s",
        0.01,
        60,
        dynamic=True,
    ),
    Parameter(
        "swipe_distance", 2.0, "Least way of the palm in a swipe.", "palm sizes", 0.2, 20, dynamic=True
    ),
    Parameter("swipe_max_s", 0.5, "Longest time for that way.", "s", 0.05, 5, dynamic=True),
    Parameter(
        "swipe_straightness",
        0.85,
        "Least ratio of distance and length of that way.",
        low=0,
        high=1,
        dynamic=True,
    ),
    Parameter(
        "swipe_tilt_deg", 30.0, "Most angle between it and the image's axis.", "deg", 1, 45, dynamic=True
    ),
    Parameter(
        "swipe_cooldown_s", 0.8, "For how long after a swipe no other is told.", "s", 0, 10, dynamic=True
    ),
    *qos("hands", "hands"),
    *qos("gestures", "gestures"),
    *qos("events", "gesture_events", depth=50),
)
