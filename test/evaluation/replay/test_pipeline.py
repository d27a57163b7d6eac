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

from __future__ import annotations

import threading

import pytest

from hand_tracking_dsp.evaluation.replay.pipeline import BackgroundWorker, read_ahead


def test_items_come_in_order_from_another_thread():
    makers = set()

    def make():
        for number in range(50):
            makers.add(threading.current_thread())
            yield number

    assert list(read_ahead(make())) == list(range(50))
    assert makers.isdisjoint({threading.current_thread()})


def test_an_error_while_making_items_is_raised_behind_them():
    def make():
        yield 1
        msg = "no more"
        raise ValueError(msg)

    items = read_ahead(make())
    assert next(items) == 1
    with pytest.raises(ValueError, match="no more"):
        next(items)


def test_items_that_nobody_takes_do_not_keep_the_thread_alive():
    items = read_ahead(iter(range(1000)))
    next(items)
    items.close()
    assert not any(thread.name == "read ahead" for thread in threading.enumerate())


def test_tasks_are_done_in_order_by_the_end_of_the_block():
    done = []
    with BackgroundWorker() as background:
        for number in range(30):
            background.submit(lambda number=number: done.append(number))
    assert done == list(range(30))


def test_an_error_of_a_task_is_raised_at_the_end_and_later_tasks_are_left_out():
    done = []

    def fail():
        msg = "cannot"
        raise ValueError(msg)

    def work():
        with BackgroundWorker() as background:
            background.submit(fail)
            background.submit(lambda: done.append(1))

    with pytest.raises(ValueError, match="cannot"):
        work()
    assert not done
