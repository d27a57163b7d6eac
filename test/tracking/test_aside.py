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

"""Searches beside the hands: in a thread that is held up by events, and in turn."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from hand_tracking_dsp.tracking.aside import Afterwards, Beside, Search
from hand_tracking_dsp.tracking.motion import Square

WAIT_S = 60.0
IMAGE = np.zeros((48, 64, 3), np.uint8)


class Eye:
    """A detector that waits for permission, if it is to, and names the places as palms."""

    def __init__(self, waits: bool = False, error: Exception | None = None) -> None:
        self.started, self.may_end = threading.Event(), threading.Event()
        self.error, self.thread = error, ""
        if not waits:
            self.may_end.set()

    def detect(self, *args: Any) -> list[Any]:
        self.thread = threading.current_thread().name
        self.started.set()
        assert self.may_end.wait(WAIT_S)
        if self.error:
            raise self.error
        return [args[-1]]


def search(eye: Eye, *places: Square) -> Search:
    return Search(eye, IMAGE, "bgr", places, 2, 0.5)


@pytest.fixture
def beside() -> Iterator[Beside]:
    aside = Beside()
    yield aside
    aside.close()


def test_a_search_without_a_place_is_of_the_whole_image() -> None:
    assert search(Eye()).run().palms == (None,)


def test_a_search_looks_at_each_of_its_places() -> None:
    places = Square(1.0, 2.0, 3.0), Square(4.0, 5.0, 6.0)
    assert search(Eye(), *places).run().palms == places


def test_the_thread_hands_over_its_result_once(beside: Beside) -> None:
    eye = Eye(waits=True)
    beside.submit(search(eye))
    assert eye.started.wait(WAIT_S)
    assert beside.busy
    assert beside.take() is None
    eye.may_end.set()
    beside.finish()
    assert beside.busy, "until the result is taken"
    found = beside.take()
    assert found is not None
    assert found.palms == (None,)
    assert found.ms > 0
    assert not beside.busy
    assert beside.take() is None
    assert eye.thread == "palm search"


def test_what_the_thread_raises_is_raised_where_the_result_is_taken_and_the_thread_goes_on(
    beside: Beside,
) -> None:
    beside.submit(search(Eye(error=ValueError("blind"))))
    beside.finish()
    with pytest.raises(ValueError, match="blind"):
        beside.take()
    assert not beside.busy
    beside.submit(search(Eye()))
    beside.finish()
    assert beside.take() is not None


def test_closing_waits_for_the_search_under_way_forgets_its_result_and_a_later_one_starts_anew(
    beside: Beside,
) -> None:
    eye = Eye(waits=True)
    before = threading.active_count()
    beside.submit(search(eye))
    assert eye.started.wait(WAIT_S)
    closing = threading.Thread(target=beside.close)
    closing.start()
    eye.may_end.set()
    closing.join(WAIT_S)
    assert not closing.is_alive()
    assert threading.active_count() == before
    assert beside.take() is None
    assert not beside.busy
    beside.submit(search(Eye()))
    beside.finish()
    assert beside.take() is not None


def test_closing_what_never_ran_or_twice_does_no_harm(beside: Beside) -> None:
    beside.close()
    beside.close()
    beside.finish()
    assert beside.take() is None


def test_without_a_thread_a_search_is_done_at_once_and_its_result_handed_over_once() -> None:
    aside = Afterwards()
    place = Square(1.0, 2.0, 3.0)
    aside.submit(search(Eye(), place))
    assert aside.busy
    found = aside.take()
    assert found is not None
    assert found.palms == (place,)
    assert not aside.busy
    assert aside.take() is None


def test_without_a_thread_an_error_is_raised_where_the_result_is_taken() -> None:
    aside = Afterwards()
    aside.submit(search(Eye(error=ValueError("blind"))))
    with pytest.raises(ValueError, match="blind"):
        aside.take()
    assert aside.take() is None


def test_without_a_thread_closing_forgets_everything() -> None:
    aside = Afterwards()
    aside.submit(search(Eye()))
    aside.close()
    assert aside.take() is None
