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

"""Measurement of every network: its deviation, its error, and its latency."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.compression.bank.deviation import Predictions, deviation_palm_percent, predict
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.bank.timing import grey_runs, time_in_turn
from hand_tracking_dsp.compression.bank.verify import runtimes_here
from hand_tracking_dsp.evaluation.executor import EVERY_CORE, Executor
from hand_tracking_dsp.files import write_text
from hand_tracking_dsp.tracking.backends import open_session
from hand_tracking_dsp.tracking.geometry import mean_distance_palm_percent
from hand_tracking_dsp.tracking.types import Floats


@dataclass(frozen=True, slots=True)
class EvaluationSet:
    """Crops to measure on.

    Attributes:
        name: Name of the data set.
        images: uint8 [n, 224, 224, 3], RGB.
        reference: Outputs of the dense network.
        truth: float32 [n, 21, 2], exact joints in pixels of the crop; None where they are not known.
    """

    name: str
    images: NDArray[np.uint8]
    reference: Predictions
    truth: Floats | None = None


Figures = dict[str, dict[str, float]]
"""Figures by name, by data set."""


def evaluate_networks(
    models: Sequence[bytes],
    sets: Sequence[EvaluationSet],
    kept: Path,
    executor: Executor = EVERY_CORE,
    on_progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> list[Figures]:
    """Measure networks' deviation from the dense one and, where there is truth, their error.

    Figures are kept in a folder, by the content of network and crops.

    Args:
        models: ONNX files.
        sets: Crops to measure on.
        kept: The folder.
        executor: Where the work runs.
        on_progress: Called with the networks measured and to measure.

    Returns:
        Of each, by data set deviation, deviation_median, deviation_p95 and, where there is truth, error,
        error_median and error_p95; % of palm size, mean over crops unless named otherwise.

    Raises:
        BackendError: ONNX Runtime refuses the network.
        OutputError: The folder cannot be written.
    """
    files = [[kept / f"{_digest(model, one)}.json" for one in sets] for model in models]
    missing = [[place for place, path in enumerate(paths) if not path.exists()] for paths in files]
    todo = [number for number, places in enumerate(missing) if places]
    items = [(models[number], missing[number]) for number in todo]
    with closing(executor.as_completed(_evaluate, sets, items)) as results:
        for done, (item, found) in enumerate(results, start=1):
            number = todo[item]
            for place, figures in zip(missing[number], found, strict=True):
                write_text(files[number][place], json.dumps(figures) + "\n")
            on_progress(done, len(todo))
    return [
        {
            one.name: json.loads(path.read_text(encoding="utf-8"))
            for one, path in zip(sets, paths, strict=True)
        }
        for paths in files
    ]


def _digest(model: bytes, one: EvaluationSet) -> str:
    digest = hashlib.sha256(model)
    digest.update(one.images.tobytes())
    digest.update(one.reference.landmarks.tobytes())
    digest.update(b"" if one.truth is None else one.truth.tobytes())
    return digest.hexdigest()[:24]


def _evaluate(sets: Sequence[EvaluationSet], item: tuple[bytes, Sequence[int]]) -> list[dict[str, float]]:
    """Return figures of a network on some of the sets, by their places."""
    model, places = item
    session = open_exact(model)
    return [_figures(predict(session, sets[place].images), sets[place]) for place in places]


def time_all(
    models: Mapping[str, bytes],
    threads: Sequence[int],
    runs: int,
    on_turn: Callable[[str, int, int], None] | None = None,
) -> dict[str, list[dict[str, Any]]]:
    """Time networks, the dense one first, on every installed backend, in turn, on a grey picture.

    Returns:
        Profiles by name as in bank.json, with the median relative to the dense network's in relative.

    Raises:
        BackendError: A backend refuses a network.
    """
    profiles: dict[str, list[dict[str, Any]]] = {name: [] for name in models}
    for count in threads:
        for runtime in runtimes_here():
            options = replace(runtime, threads=count)
            sessions = [open_session(model, name, options) for name, model in models.items()]
            what = f"{sessions[0].provider}, {count} thread(s)"
            report = partial(on_turn, what) if on_turn else None
            times = time_in_turn(grey_runs(sessions), runs, report)
            for name, session, one in zip(models, sessions, times, strict=True):
                relative = round(one.p50_ms / times[0].p50_ms, 4)
                ran = {"provider": session.provider, "threads": count}
                profiles[name].append({**ran, **asdict(one), "relative": relative})
    return profiles


def _figures(found: Predictions, one: EvaluationSet) -> dict[str, float]:
    figures = _summary("deviation", deviation_palm_percent(found, one.reference))
    if one.truth is not None:
        errors = [
            mean_distance_palm_percent(points[:, :2], truth)
            for points, truth in zip(found.landmarks, one.truth, strict=True)
        ]
        figures.update(_summary("error", np.array(errors)))
    return figures


def _summary(name: str, values: NDArray[np.floating[Any]]) -> dict[str, float]:
    median, high = np.percentile(values, [50, 95])
    figures = {name: values.mean(), f"{name}_median": median, f"{name}_p95": high}
    return {key: round(float(value), 4) for key, value in figures.items()}
