"""Options of the gestures, in ROS parameters' types, each with its unit in its name."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hand_tracking_dsp.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class GestureOptions:
    """When a hand shows a gesture, and when that is told; docs/gesture_rules.md says how they were found.

    Lengths without unit are in palm sizes, from the wrist to the middle finger's MCP joint.

    Attributes:
        finger_open_deg: A finger whose joints bend by no more than this, in all, is open, degrees, 0 to 500.
        finger_closed_deg: One whose joints bend by more is folded, degrees, above finger_open_deg to 540;
            between both it is open in part, and counts as open up to their middle.
        thumb_reach_closed: The thumb is folded where the ratio of its tip's and its MCP joint's distance from
            the little finger's MCP joint is no more than this, 0 to 5.
        thumb_reach_open: It is open where the ratio is at least this, above thumb_reach_closed to 5.
        thumb_gap_closed: It is folded, too, where its tip is no further from another finger, 0 to 2.
        thumb_gap_open: It is open where its tip is at least so far from all of them, above thumb_gap_closed
            to 2.
        pinch_close: Thumb and index finger pinch fully where their tips are no further apart, 0 to 2.
        pinch_open: They do not where they are at least so far apart, above pinch_close to 2; a drag begins
            at the middle between both, and ends here.
        palm_bend_deg: Most bend, in all, of a finger of an open palm; a resting hand's bend more, degrees, 1
            to 540.
        palm_thumb_reach: Least ratio, as of thumb_reach_closed, of an open palm's thumb, which may lie beside
            the index finger, but not across the palm, 0.1 to 5.
        pinch_bend_deg: Most bend, in all, of an index finger that pinches; a fist's bends more, degrees, 0
            to 540.
        pinch_lead: By how much the thumb's tip is at least nearer to the index finger's tip than to the PIP
            joints that it lies on in a fist, 0.01 to 2.
        victory_spread_deg: Least angle between index and middle finger of a victory sign, degrees, 0.1 to 45.
        thumb_tilt_deg: Most angle between a thumb up or down and the vertical, degrees, 1 to 60.
        camera_roll_deg: Turn of the camera about its axis, degrees, -180 to 180: how far clockwise an
            upright thing appears turned in the image. Only thumb up and down depend on it.
        min_score: Least score of a gesture that is named, 0 to 1.
        min_visible: Least share of a hand's joints inside the picture, 0 to 1; with fewer it shows none,
            as those outside are guesses.
        hold_on_s: For how long a gesture must be seen before it starts, seconds, 0 to 10.
        hold_off_s: For how long it must be missing before it ends, seconds, 0 to 10; a lost hand ends its
            gestures at once.
        held_interval_s: Between two events that tell of a held gesture, seconds, 0 to 60; 0 = every image.
        max_gap_s: A longer pause between two images ends all gestures, seconds, 0.01 to 60.
        swipe_distance: Least way of the palm in a swipe, 0.2 to 20.
        swipe_max_s: Longest time for that way, seconds, 0.05 to 5.
        swipe_straightness: Least ratio of distance and length of that way, 0 to 1.
        swipe_tilt_deg: Most angle between it and the image's axis, degrees, 1 to 45.
        swipe_cooldown_s: For how long after a swipe no other is told, seconds, 0 to 10.
    """

    finger_open_deg: float = 50.0
    finger_closed_deg: float = 150.0
    thumb_reach_closed: float = 0.95
    thumb_reach_open: float = 1.3
    thumb_gap_closed: float = 0.15
    thumb_gap_open: float = 0.5
    pinch_close: float = 0.2
    pinch_open: float = 0.6
    palm_bend_deg: float = 55.0
    palm_thumb_reach: float = 0.8
    pinch_bend_deg: float = 155.0
    pinch_lead: float = 0.2
    victory_spread_deg: float = 8.0
    thumb_tilt_deg: float = 45.0
    camera_roll_deg: float = 0.0
    min_score: float = 0.5
    min_visible: float = 0.9
    hold_on_s: float = 0.2
    hold_off_s: float = 0.2
    held_interval_s: float = 0.5
    max_gap_s: float = 1.0
    swipe_distance: float = 2.0
    swipe_max_s: float = 0.5
    swipe_straightness: float = 0.85
    swipe_tilt_deg: float = 30.0
    swipe_cooldown_s: float = 0.8

    def __post_init__(self) -> None:
        """Refuse what cannot work.

        Raises:
            ConfigurationError: A value lies outside its range.
        """
        limits: dict[str, tuple[float, float]] = {
            "finger_open_deg": (0.0, 500.0),
            "finger_closed_deg": (_above(self.finger_open_deg), 540.0),
            "thumb_reach_closed": (0.0, 5.0),
            "thumb_reach_open": (_above(self.thumb_reach_closed), 5.0),
            "thumb_gap_closed": (0.0, 2.0),
            "thumb_gap_open": (_above(self.thumb_gap_closed), 2.0),
            "pinch_close": (0.0, 2.0),
            "pinch_open": (_above(self.pinch_close), 2.0),
            "palm_bend_deg": (1.0, 540.0),
            "palm_thumb_reach": (0.1, 5.0),
            "pinch_bend_deg": (0.0, 540.0),
            "pinch_lead": (0.01, 2.0),
            "victory_spread_deg": (0.1, 45.0),
            "thumb_tilt_deg": (1.0, 60.0),
            "camera_roll_deg": (-180.0, 180.0),
            "min_score": (0.0, 1.0),
            "min_visible": (0.0, 1.0),
            "hold_on_s": (0.0, 10.0),
            "hold_off_s": (0.0, 10.0),
            "held_interval_s": (0.0, 60.0),
            "max_gap_s": (0.01, 60.0),
            "swipe_distance": (0.2, 20.0),
            "swipe_max_s": (0.05, 5.0),
            "swipe_straightness": (0.0, 1.0),
            "swipe_tilt_deg": (1.0, 45.0),
            "swipe_cooldown_s": (0.0, 10.0),
        }
        for name, (low, high) in limits.items():
            value = getattr(self, name)
            if not low <= value <= high:
                msg = f"The gestures' {name} is {value!r}: set a number from {low:.6g} to {high:g}."
                raise ConfigurationError(msg)


def _above(value: float) -> float:
    return math.nextafter(value, math.inf)
