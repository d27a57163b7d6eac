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

"""Rendered gestures that are lifted: what they show, and that depth brings what it must."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from hand_tracking_dsp.cameras.mesh.catalogue import rigs
from hand_tracking_dsp.cameras.synthetic.gestures import GESTURES
from hand_tracking_dsp.evaluation import lifted_gestures
from hand_tracking_dsp.evaluation.lifted_gestures import (
    VIEWS_DEG,
    LiftErrors,
    gesture_samples,
    measure_gestures,
)
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.palm import PalmDetector
from hand_tracking_dsp.tracking.tracker import HandTracker
from hand_tracking_dsp.tracking.tracker_options import ALL_MEASURED, TrackerOptions


@pytest.fixture
def tracker() -> HandTracker:
    settings = TrackerOptions.of({**ALL_MEASURED, "smoothing": False})
    return HandTracker(LevelBank.load(default_bank()), PalmDetector.load(default_bank()), settings)


def test_every_gesture_is_shown_in_every_view() -> None:
    samples = list(gesture_samples(rigs()[0], "none", 3))
    assert len(samples) == len(GESTURES) * len(VIEWS_DEG) == 65
    visible = np.array([sample.visible for sample in samples])
    assert 0.75 < visible.mean() < 0.95
    # The wrist is hidden in hardly any view, the tips of a fist seen from the back are.
    assert visible[:, 0].mean() > 0.9
    fist_from_behind = list(GESTURES).index("fist") * len(VIEWS_DEG) + len(VIEWS_DEG) - 1
    assert visible[fist_from_behind, [8, 12]].sum() == 0


def test_the_same_seed_shows_the_same() -> None:
    first, again = (next(gesture_samples(rigs()[0], "stereo", 5)) for _ in range(2))
    np.testing.assert_array_equal(first.image, again.image)
    np.testing.assert_array_equal(first.view.metres, again.view.metres)


def test_figures_leave_out_what_is_unknown() -> None:
    errors = np.full((2, 21), 10.0)
    errors[0, 0], errors[1] = np.nan, 20.0
    visible = np.zeros((2, 21), bool)
    visible[0] = True
    assert LiftErrors(errors, visible).figures == pytest.approx((15.12, 10.0, 20.0, 20.0), abs=0.01)


def test_depth_places_hands_better_step_by_step(
    tracker: HandTracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A few gestures of the 65.
    every = lifted_gestures.gesture_samples
    monkeypatch.setattr(lifted_gestures, "gesture_samples", lambda *given: islice(every(*given), 0, None, 7))
    count, found, errors = measure_gestures(tracker, rigs()[:1], "structured_light", 7)
    assert count == 10
    assert found >= 8
    without, landmarks, median, flesh, first, learned = (one.figures[0] for one in errors.values())
    assert without > 2 * median
    assert landmarks < median, "only their places in the picture err"
    assert median > flesh > 1.1 * first
    assert learned < 10.5, "mm"
