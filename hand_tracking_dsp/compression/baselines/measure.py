"""What is measured of every network: how far its hands lie off, and how long it takes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.compression.bank.deviation import Predictions, deviation_palm_percent, predict
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.bank.timing import time_in_turn
from hand_tracking_dsp.compression.bank.verify import runtimes_here
from hand_tracking_dsp.files import write_text
from hand_tracking_dsp.tracking.backends import Session, open_session
from hand_tracking_dsp.tracking.geometry import mean_distance_palm_percent
from hand_tracking_dsp.tracking.types import Floats


@dataclass(frozen=True, slots=True)
class Exam:
    """Pictures to measure on.

    Attributes:
        name: Of the data set.
        images: uint8 [n, 224, 224, 3], RGB.
        reference: What the dense network says of them.
        truth: float32 [n, 21, 2], the exact joints in pixels of the crop; None where nobody knows them.
    """

    name: str
    images: NDArray[np.uint8]
    reference: Predictions
    truth: Floats | None = None


Figures = dict[str, dict[str, float]]
"""By data set, by figure."""


def examine(model: bytes, exams: Sequence[Exam], kept: Path) -> Figures:
    """Measure a network's deviation from the dense one and, where there is truth, its error.

    Args:
        model: ONNX file.
        exams: What to measure on.
        kept: Folder in which figures are kept, by the network's and the pictures' content.

    Returns:
        By data set: deviation, deviation_median, deviation_p95 and, where there is truth, error and
        error_median; % of palm size, the mean over crops where not said otherwise.

    Raises:
        BackendError: ONNX Runtime refuses the network.
        OutputError: The folder cannot be written.
    """
    found: Figures = {}
    session: Session | None = None
    for exam in exams:
        digest = hashlib.sha256(model)
        digest.update(exam.images.tobytes())
        digest.update(exam.reference.landmarks.tobytes())
        digest.update(b"" if exam.truth is None else exam.truth.tobytes())
        path = kept / f"{digest.hexdigest()[:24]}.json"
        if not path.exists():
            session = session or open_exact(model)
            write_text(path, json.dumps(_figures(predict(session, exam.images), exam)) + "\n")
        found[exam.name] = json.loads(path.read_text(encoding="utf-8"))
    return found


def time_all(
    models: Mapping[str, bytes],
    threads: Sequence[int],
    runs: int,
    on_turn: Callable[[str, int, int], None] | None = None,
) -> dict[str, list[dict[str, Any]]]:
    """Time networks on every backend that is here, in turn, on a grey picture.

    Args:
        models: ONNX files by name; the first is the dense one.
        threads: Numbers of threads, each measured by itself.
        runs: Timed runs of each, at least 1.
        on_turn: Called with the runtime, how many turns are done, and how many there are.

    Returns:
        By name, profiles as bank.json has them, and in relative the median over the dense network's.

    Raises:
        BackendError: A backend refuses a network.
    """
    profiles: dict[str, list[dict[str, Any]]] = {name: [] for name in models}
    for count in threads:
        for runtime in runtimes_here():
            options = replace(runtime, threads=count)
            sessions = [open_session(model, name, options) for name, model in models.items()]
            grey = np.full(sessions[0].inputs[0].shape, 0.5, np.float32)
            what = f"{sessions[0].provider}, {count} thread(s)"
            report = partial(on_turn, what) if on_turn else None
            times = time_in_turn([partial(session.run, grey) for session in sessions], runs, report)
            for name, session, one in zip(models, sessions, times, strict=True):
                relative = round(one.p50_ms / times[0].p50_ms, 4)
                profile = {
                    "provider": session.provider,
                    "threads": count,
                    **asdict(one),
                    "relative": relative,
                }
                profiles[name].append(profile)
    return profiles


def _figures(found: Predictions, exam: Exam) -> dict[str, float]:
    figures = _summary("deviation", deviation_palm_percent(found, exam.reference))
    if exam.truth is not None:
        errors = [
            mean_distance_palm_percent(points[:, :2], truth)
            for points, truth in zip(found.landmarks, exam.truth, strict=True)
        ]
        figures.update(_summary("error", np.array(errors)))
    return figures


def _summary(name: str, values: NDArray[np.floating[Any]]) -> dict[str, float]:
    median, high = np.percentile(values, [50, 95])
    figures = {name: values.mean(), f"{name}_median": median, f"{name}_p95": high}
    return {key: round(float(value), 4) for key, value in figures.items()}
