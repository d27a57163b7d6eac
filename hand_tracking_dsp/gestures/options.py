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

"""Options of the gestures."""

from __future__ import annotations

from dataclasses import dataclass

from hand_tracking_dsp.options import check_options, check_order, dynamic_option


@dataclass(frozen=True, slots=True)
class GestureOptions:
    """Thresholds of gestures and of their debouncing; docs/gesture_rules.md says how they were found.

    Between finger_open_deg and finger_closed_deg a finger counts as open up to their middle. A drag begins in
    the middle between pinch_close and pinch_open, and ends at pinch_open. Joints outside the image, which
    min_visible bounds, are guesses.
    """

    finger_open_deg: float = dynamic_option(
        50.0, "A finger whose joints bend by no more than this, in all, is open.", "deg", 0, 500
    )
    finger_closed_deg: float = dynamic_option(
        150.0, "One whose joints bend by more is folded; between both it is open in part.", "deg", 0, 540
    )
    thumb_reach_closed: float = dynamic_option(
        0.95,
        "The thumb is folded where the ratio of its tip's and its MCP joint's distance from the "
        "little finger's MCP joint is no more than this.",
        "",
        0,
        5,
    )
    thumb_reach_open: float = dynamic_option(1.3, "It is open where that ratio is at least this.", "", 0, 5)
    thumb_gap_closed: float = dynamic_option(
        0.15, "It is folded, too, where its tip is no further from another finger.", "palm sizes", 0, 2
    )
    thumb_gap_open: float = dynamic_option(
        0.5, "It is open where its tip is at least so far from all of them.", "palm sizes", 0, 2
    )
    pinch_close: float = dynamic_option(
        0.2, "Thumb and index finger pinch fully where their tips are no further apart.", "palm sizes", 0, 2
    )
    pinch_open: float = dynamic_option(
        0.6, "They do not where they are at least so far apart.", "palm sizes", 0, 2
    )
    pinch_in_metres: bool = dynamic_option(
        False,
        "Judge pinches by the distance of the tips' joints in metres where it is known (needs hands_3d), "
        "else as without.",
    )
    pinch_close_m: float = dynamic_option(
        0.02,
        "With pinch_in_metres: they pinch fully where these joints are no further apart; touching tips' are "
        "about 0.01.",
        "m",
        0,
        0.5,
    )
    pinch_open_m: float = dynamic_option(
        0.06, "With pinch_in_metres: they do not where these are at least so far apart.", "m", 0, 0.5
    )
    palm_bend_deg: float = dynamic_option(
        55.0, "Most bend, in all, of a finger of an open palm; a resting hand's bend more.", "deg", 1, 540
    )
    palm_thumb_reach: float = dynamic_option(
        0.8,
        "Least ratio, as of thumb_reach_closed, of an open palm's thumb, which may lie beside the "
        "index finger but not across the palm.",
        "",
        0.1,
        5,
    )
    pinch_bend_deg: float = dynamic_option(
        155.0, "Most bend, in all, of an index finger that pinches; a fist's bends more.", "deg", 0, 540
    )
    pinch_lead: float = dynamic_option(
        0.2,
        "By how much the thumb's tip must be nearer to the index finger's tip than to the PIP "
        "joints that it lies on in a fist.",
        "palm sizes",
        0.01,
        2,
    )
    victory_spread_deg: float = dynamic_option(
        8.0, "Least angle between index and middle finger of a victory sign.", "deg", 0.1, 45
    )
    thumb_tilt_deg: float = dynamic_option(
        45.0, "Most angle between a thumb up or down and the vertical.", "deg", 1, 60
    )
    camera_roll_deg: float = dynamic_option(
        0.0,
        "How far clockwise an upright thing appears turned in the image; only thumb up and down "
        "depend on it.",
        "deg",
        -180,
        180,
    )
    min_score: float = dynamic_option(0.5, "Least score of a gesture that is named.", "", 0, 1)
    min_visible: float = dynamic_option(
        0.9, "Least share of a hand's joints inside the image; with fewer it shows no gesture.", "share", 0, 1
    )
    max_error_percent: float = dynamic_option(
        30.0,
        "A hand whose level expects its landmarks to be further off than this is no evidence: nothing starts "
        "or goes on by it; hands of levels that do not say it are.",
        "% of palm",
        0,
        500,
    )
    hold_on_s: float = dynamic_option(
        0.2, "For how long a gesture must be seen before it starts.", "s", 0, 10
    )
    hold_off_s: float = dynamic_option(
        0.2,
        "For how long it must be missing before it ends; a lost hand ends its gestures at once.",
        "s",
        0,
        10,
    )
    held_interval_s: float = dynamic_option(
        0.5, "Time between two events that report a held gesture; 0: one for every image.", "s", 0, 60
    )
    max_gap_s: float = dynamic_option(
        1.0, "A longer pause between two images, by their stamps, ends all gestures.", "s", 0.01, 60
    )
    swipe_distance: float = dynamic_option(2.0, "Least way of the palm in a swipe.", "palm sizes", 0.2, 20)
    swipe_max_s: float = dynamic_option(0.5, "Longest time for that way.", "s", 0.05, 5)
    swipe_straightness: float = dynamic_option(
        0.85, "Least ratio of distance and length of that way.", "", 0, 1
    )
    swipe_tilt_deg: float = dynamic_option(30.0, "Most angle between it and the image's axis.", "deg", 1, 45)
    swipe_cooldown_s: float = dynamic_option(
        0.8, "For how long after a swipe no other is reported.", "s", 0, 10
    )

    def __post_init__(self) -> None:
        """Raise ConfigurationError where a value cannot work."""
        check_options(self)
        for lower, upper in (
            ("finger_open_deg", "finger_closed_deg"),
            ("thumb_reach_closed", "thumb_reach_open"),
            ("thumb_gap_closed", "thumb_gap_open"),
            ("pinch_close", "pinch_open"),
            ("pinch_close_m", "pinch_open_m"),
        ):
            check_order(self, lower, upper)
