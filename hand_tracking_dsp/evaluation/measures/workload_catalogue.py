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

"""Measures of the work that a tracker leaves out, and of how steadily it follows hands all the same."""

from __future__ import annotations

from hand_tracking_dsp.evaluation.measures.aggregates import mean, ratio, weighted_mean
from hand_tracking_dsp.evaluation.measures.metric import Metric

_HANDS = "a hand that was tracked"

WORKLOAD_METRICS: tuple[Metric, ...] = (
    Metric(
        "id_changes_per_1000",
        "per 1,000 hands",
        "lower",
        "Hands on frames that bear another track id than the same hand did before, over all hands tracked. A "
        "hand is the same where it is found within two palm sizes of where it was last seen, at most 0.5 s "
        "ago: by the true joints where they are known, else by the tracked ones.",
        "a hand that was tracked in a sequence",
        ratio("id_changes", "hands", 1000),
        group="stability",
    ),
    Metric(
        "predicted_share",
        "share",
        "neither",
        "Hands that were held, not measured by the network on that frame, over all hands tracked.",
        _HANDS,
        ratio("predicted", "hands"),
        group="time and frames",
    ),
    Metric(
        "measurement_age_ms",
        "ms",
        "lower",
        "Mean over hands and frames of the time since the image in which the network saw the hand last.",
        _HANDS,
        weighted_mean("measurement_age_ms", "hands"),
        group="time and frames",
    ),
    Metric(
        "detector_share",
        "share",
        "lower",
        "Frames handled for which the palm detector ran, over all handled.",
        "a frame that was handled",
        mean("searched"),
        group="time and frames",
    ),
)
"""All of them, in the order of the report."""
