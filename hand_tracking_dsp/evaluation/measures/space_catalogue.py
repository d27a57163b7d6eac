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

"""Measures of hands in space: units and formulas."""

from __future__ import annotations

from functools import partial

from hand_tracking_dsp.evaluation.measures.aggregates import (
    Percentile,
    mean,
    ratio,
    share_of_joints,
    weighted_mean,
)
from hand_tracking_dsp.evaluation.measures.metric import Better, Metric
from hand_tracking_dsp.evaluation.measures.space import BONE_FRAMES, NEAR_MM

_MODES = "--depth fused, depth_only or auto"
_TRUTH = f"true joints in space: {_MODES}, and a bag with depth and a topic truth_3d"
_PLACED = f"a hand in space: {_MODES}, and a bag with depth"

_STATES: tuple[tuple[str, Better, str], ...] = (
    ("measured", "higher", "whose skin was read in the depth image"),
    ("inferred", "neither", "whose place follows from others"),
    ("unknown", "lower", "without a place"),
)

_in_space = partial(Metric, group="hands in space")
_agreement = partial(Metric, group="agreement")

SPACE_METRICS: tuple[Metric, ...] = (
    _in_space(
        "error_3d_mm",
        "mm",
        "lower",
        "Mean over joints, hands found and frames of |p - t| in the camera's frame, nothing aligned; joints "
        "that are unknown do not count (see joints_unknown).",
        _TRUTH,
        weighted_mean("error_3d_mm", "joints_3d"),
    ),
    _in_space(
        "visible_error_3d_mm",
        "mm",
        "lower",
        "The same over the joints that the camera sees, by the truth.",
        _TRUTH,
        weighted_mean("visible_error_3d_mm", "visible_joints_3d"),
    ),
    *(
        _in_space(
            f"{state}_error_3d_mm",
            "mm",
            "lower",
            f"The same over the joints {words}.",
            _TRUTH,
            weighted_mean(f"{state}_error_3d_mm", f"{state}_joints_3d"),
        )
        for state, _, words in _STATES[:2]
    ),
    *(
        _in_space(
            f"hands_within_{limit}_mm",
            "share",
            "higher",
            f"True hands of which every joint is known and at most {limit} mm off, over all true hands on "
            "frames with depth.",
            _TRUTH,
            ratio(f"near_{limit}_mm", "true_hands_3d"),
        )
        for limit in NEAR_MM
    ),
    _in_space(
        "hands_placed",
        "share",
        "higher",
        "True hands that were tracked and of which at least a joint was placed, over all true hands on "
        "frames with depth.",
        _TRUTH,
        ratio("found_3d", "true_hands_3d"),
    ),
    _in_space(
        "bone_deviation_percent",
        "%",
        "lower",
        "Mean over bones (wrist to tips), hands and frames of |l - m| / m, where m is the mean of the bone's "
        f"lengths l on the frames of the same track before; from its frame {BONE_FRAMES + 1} on.",
        _PLACED,
        weighted_mean("bone_deviation_percent", "bone_hands"),
    ),
    *(
        _in_space(
            f"joints_{state}",
            "share",
            better,
            f"Joints of tracked hands {words}, over all of them on frames with depth.",
            _PLACED,
            share_of_joints(state),
        )
        for state, better, words in _STATES
    ),
    _in_space(
        "frames_with_depth",
        "share",
        "higher",
        "Frames handled that had a depth image that could be used, over all handled.",
        _MODES,
        mean("with_depth"),
    ),
    _in_space(
        "found_in_depth",
        "share",
        "neither",
        "Frames whose hands were found in the depth image alone, over all handled: the mode auto goes there "
        "while light fails.",
        _MODES,
        mean("in_depth"),
    ),
    _in_space(
        "depth_p50_ms",
        "ms",
        "lower",
        "Median time that depth took: reading it, drawing its picture (depth_only), placing the hands.",
        "a frame with depth",
        Percentile("depth_ms", 50),
    ),
    _in_space(
        "depth_p95_ms",
        "ms",
        "lower",
        "95th percentile of that time.",
        "a frame with depth",
        Percentile("depth_ms", 95),
    ),
)
"""All of them, in the order of the report."""

_RECORDED = "a bag with a topic hands_3d in the images' frame"
_RECORDED_TRUTH = f"{_RECORDED} and a topic truth_3d"
_OF_THE_RECORDING = "error of the recorded hands"

RECORDED_ERRORS: tuple[Metric, ...] = (
    _in_space(
        "recorded_error_3d_mm",
        "mm",
        "neither",
        "Mean over joints, hands and frames of |r - t|, where r are the joints of the bag's own topic "
        "hands_3d: an error of the tracker that was recorded, the same for every run.",
        _RECORDED_TRUTH,
        weighted_mean("recorded_error_3d_mm", "recorded_joints_3d"),
        note=_OF_THE_RECORDING,
    ),
    *(
        _in_space(
            f"recorded_{state}_error_3d_mm",
            "mm",
            "neither",
            f"The same over the joints that the recording calls {state}.",
            _RECORDED_TRUTH,
            weighted_mean(f"recorded_{state}_error_3d_mm", f"recorded_{state}_joints_3d"),
            note=_OF_THE_RECORDING,
        )
        for state, *_ in _STATES[:2]
    ),
)
"""Errors of the hands in space that a bag holds."""

RECORDED_AGREEMENT: tuple[Metric, ...] = (
    _agreement(
        "recorded_3d_same",
        "share",
        "neither",
        "Frames with as many hands in space as the bag's own topic hands_3d holds of the same image, on the "
        "same rays.",
        f"{_RECORDED}, and {_MODES}",
        mean("recorded_3d_same"),
    ),
    *(
        _agreement(
            f"recorded_{state}_3d_mm",
            "mm",
            "neither",
            f"Mean over joints, hands and frames of |p - r|, r as above, over the joints that the recording "
            f"calls {state}.",
            f"{_RECORDED}, and {_MODES}",
            weighted_mean(f"recorded_{state}_3d_mm", f"recorded_{state}_joints"),
            note="agreement",
        )
        for state, *_ in _STATES[:2]
    ),
)
"""Agreement with the hands in space that a bag holds."""
