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

"""Items with a deadline: one result or one substitute of each, in their order."""

from __future__ import annotations

import math
import os
import random
import threading
import time
from dataclasses import dataclass

import pytest

from hand_tracking_dsp.nodes.base.deadlines import Deadlines
from hand_tracking_dsp.nodes.graph.stop_trials import busy_processes

SOON_S = 0.02


@dataclass(eq=False)
class Item:
    number: int
    due_s: float
    substituted: bool = False


class Log:
    """What was published, and of which kind."""

    def __init__(self):
        self.entries = []
        self.errors = []
        self.changed = threading.Event()
        self.fails = False
        self.has_substitute = True

    def substitute(self, item):
        if self.fails:
            raise ValueError
        if self.has_substitute:
            self.entries.append((item.number, "substitute"))
        self.changed.set()
        return self.has_substitute

    def result(self, number):
        return lambda: self.entries.append((number, "result"))

    def fail(self, error):
        self.errors.append(error)
        self.changed.set()


@pytest.fixture
def log():
    return Log()


@pytest.fixture
def deadlines(log):
    made = Deadlines(log.substitute, log.fail)
    yield made
    made.stop()


def item(number, in_s):
    return Item(number, time.monotonic() + in_s)


def test_a_result_before_the_deadline_is_published_and_no_substitute(deadlines, log):
    early, later = item(1, SOON_S), item(2, 2 * SOON_S)
    deadlines.add(early)
    assert deadlines.settle(early, log.result(1))
    deadlines.add(later)
    assert log.changed.wait(30)
    assert log.entries == [(1, "result"), (2, "substitute")]
    assert not early.substituted


def test_at_the_deadline_comes_the_substitute_and_the_result_no_longer(deadlines, log):
    late = item(1, SOON_S)
    deadlines.add(late)
    assert log.changed.wait(30)
    assert not deadlines.settle(late, log.result(1))
    assert late.substituted
    assert log.entries == [(1, "substitute")]


def test_without_a_substitute_the_result_is_published_late(deadlines, log):
    log.has_substitute = False
    late = item(1, SOON_S)
    deadlines.add(late)
    assert log.changed.wait(30)
    assert deadlines.settle(late, log.result(1))
    assert log.entries == [(1, "result")]


def test_a_substitute_that_fails_is_reported_and_the_next_ones_come(deadlines, log):
    log.fails = True
    failing = item(1, SOON_S)
    deadlines.add(failing)
    assert log.changed.wait(30)
    assert len(log.errors) == 1
    log.fails = False
    log.changed.clear()
    assert deadlines.settle(failing, log.result(1))
    deadlines.add(item(2, SOON_S))
    assert log.changed.wait(30)
    assert log.entries == [(1, "result"), (2, "substitute")]


def test_of_a_dropped_item_nothing_comes(deadlines, log):
    dropped = item(1, SOON_S)
    deadlines.add(dropped)
    deadlines.drop(dropped)
    deadlines.add(item(2, 2 * SOON_S))
    assert log.changed.wait(30)
    assert log.entries == [(2, "substitute")]


def test_an_item_that_was_never_watched_is_settled(deadlines, log):
    assert deadlines.settle(item(1, -1.0), log.result(1))
    assert log.entries == [(1, "result")]


def test_an_earlier_deadline_that_comes_later_does_not_wait(deadlines, log):
    deadlines.add(item(1, 3600.0))
    deadlines.add(item(2, SOON_S))
    assert log.changed.wait(30)
    assert log.entries == [(2, "substitute")]


def test_items_wait_for_their_deadlines_in_order(deadlines, log):
    for number in (3, 1, 2):
        deadlines.add(item(number, number * SOON_S))
    while len(log.entries) < 3:
        assert log.changed.wait(30)
        log.changed.clear()
    assert [number for number, _ in log.entries] == [1, 2, 3]


def test_no_deadline_at_all_is_waited_for_without_end(deadlines, log):
    deadlines.add(Item(1, math.inf))
    deadlines.add(item(2, SOON_S))
    assert log.changed.wait(30)
    assert log.entries == [(2, "substitute")]


def test_the_thread_ends_while_items_wait(log):
    deadlines = Deadlines(log.substitute, log.fail)
    deadlines.add(item(1, 3600.0))
    deadlines.stop()
    assert log.entries == []
    assert not any(thread.name == "deadline" and thread.is_alive() for thread in threading.enumerate())


@pytest.fixture
def busy_cores():
    """Keep every core busy with two processes each."""
    with busy_processes(2 * len(os.sched_getaffinity(0))):
        yield


@pytest.mark.usefixtures("busy_cores")
def test_of_each_item_there_is_one_result_or_one_substitute_in_order_on_busy_cores(log):
    deadlines = Deadlines(log.substitute, log.fail)
    generator = random.Random(1)
    count = 150
    for number in range(count):
        waiting = item(number, 0.004)
        deadlines.add(waiting)
        # Results come before the deadline, about when it passes, and after it.
        time.sleep(generator.choice((0.0, 0.002, 0.0035, 0.008)))
        deadlines.settle(waiting, log.result(number))
    deadlines.stop()
    assert [number for number, _ in log.entries] == list(range(count))
    assert {kind for _, kind in log.entries} == {"result", "substitute"}
    assert log.errors == []
