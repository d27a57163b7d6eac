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

"""Measures of whole runs: units and formulas; report.result computes their values."""

from __future__ import annotations

from functools import partial

from hand_tracking_dsp.evaluation.measures.metric import RunMetric

_of_run = partial(RunMetric, group="energy and machine")

RUN_METRICS: tuple[RunMetric, ...] = (
    _of_run(
        "energy_measured_mj",
        "mJ a frame",
        "lower",
        "Energy that the machine's meter (RAPL, INA3221 or NVML) counted during the run, over the frames "
        "handled; of the whole processor, card or board, whatever else ran on it.",
        "a meter that can be read (RAPL, INA3221, NVML)",
    ),
    _of_run(
        "cpu_share",
        "cores",
        "lower",
        "Processor time of the process over the run's time; 1 = one core fully used.",
        "a frame that was handled",
    ),
    _of_run(
        "memory_mb",
        "MB",
        "lower",
        "The most memory (resident set, 1e6 bytes) that the process held up to the end of the run, with what "
        "ran in it before.",
        "a frame that was handled",
    ),
    _of_run(
        "accelerator_utilization",
        "share",
        "neither",
        "Mean busy share of the busiest GPU, read once a second.",
        "a GPU whose driver reports it",
    ),
    _of_run(
        "rate_hz",
        "frames/s",
        "higher",
        "Frames read, tracked and evaluated per second of the run.",
        "a frame that was handled",
    ),
    _of_run(
        "network_rate_hz",
        "frames/s",
        "higher",
        "What the networks alone would allow: frames handled over the sum of detection_ms and landmarks_ms.",
        "a frame that was handled",
    ),
)
"""The measures of whole runs."""
