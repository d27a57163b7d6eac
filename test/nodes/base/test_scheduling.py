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

"""The priority of a node's process: requested at activate, released at deactivate, in /diagnostics."""

from __future__ import annotations

import os

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

from hand_tracking_dsp.nodes.base import scheduling
from hand_tracking_dsp.nodes.base.managed import ManagedNode
from hand_tracking_dsp.nodes.tables.common import AUTOSTART, SCHEDULING
from hand_tracking_dsp.scheduling.process_priority import ProcessStanding


class Placed(ManagedNode):
    """Has the parameters of a node on the hands' way."""

    def __init__(self, **options):
        super().__init__("placed", (AUTOSTART, *SCHEDULING), **options)

    def activate(self):
        self.scheduling.enter_thread()


class Unplaced(ManagedNode):
    """Has none of them."""

    def __init__(self, **options):
        super().__init__("unplaced", (AUTOSTART,), **options)


class Asked:
    """Stands for the process: notes what is asked for, and has a standing that a test sets."""

    def __init__(self):
        self.claims = {}
        self.renewed = 0
        self.now = ProcessStanding("niceness -10, session group -10", (), ())

    def claim(self, owner, options):
        self.claims[owner] = options.scheduling

    def release(self, owner):
        self.claims.pop(owner, None)

    def renew(self):
        self.renewed += 1

    def standing(self):
        return self.now


@pytest.fixture
def asked(monkeypatch):
    asked = Asked()
    monkeypatch.setattr(scheduling, "_PROCESS", asked)
    return asked


def values(status):
    return {pair.key: pair.value for pair in status.values}


def test_the_place_is_held_from_activate_to_deactivate(graph, asked):
    graph.start(Placed, autostart=False, scheduling="nice")
    graph.change_state("placed", "configure")
    assert asked.claims == {}
    graph.change_state("placed", "activate")
    assert list(asked.claims.values()) == ["nice"]
    graph.change_state("placed", "deactivate")
    assert asked.claims == {}


def test_two_nodes_of_a_process_ask_each_for_itself(graph, asked):
    graph.start(Placed, namespace="left", scheduling="auto")
    graph.start(Placed, namespace="right", scheduling="normal")
    graph.until(lambda: sorted(asked.claims.values()) == ["auto", "normal"], "both have asked")


def test_what_is_in_force_and_what_is_missing_stand_in_the_diagnostics(graph, diagnostics, asked):
    asked.now = ProcessStanding("niceness 0", (), ("Niceness -10 needs something.",))
    graph.start(Placed)
    status = diagnostics("placed", lambda status: status.message == "active")
    assert status.level == b"\0"
    assert values(status)["scheduling"] == "auto: niceness 0"
    assert values(status)["scheduling_note"] == "Niceness -10 needs something."


def test_what_was_asked_by_name_and_refused_is_a_warning(graph, diagnostics, asked):
    asked.now = ProcessStanding("niceness 0", ("Niceness -10 was refused.",), ())
    graph.start(Placed, scheduling="nice")
    status = diagnostics("placed", lambda status: "refused" in status.message)
    assert status.level == b"\1"
    assert graph.state("placed") == "active"


def test_a_node_without_the_parameter_asks_for_nothing(graph, diagnostics, asked):
    graph.start(Unplaced)
    status = diagnostics("unplaced", lambda status: status.message == "active")
    assert "scheduling" not in values(status)
    assert asked.claims == {}


def test_processors_that_cannot_be_read_fail_configure_with_a_sentence(graph, diagnostics, asked):  # noqa: ARG001
    graph.start(Placed, cpus="first")
    status = diagnostics("placed", lambda status: "cpus" in status.message)
    assert "0,2-3" in status.message
    assert graph.state("placed") == "unconfigured"


@pytest.mark.parametrize("refusal", ["", "Real time was refused."])
def test_real_time_of_the_thread_or_its_refusal_is_shown(graph, diagnostics, asked, monkeypatch, refusal):
    class Thread:
        def __init__(self):
            self.refusal = refusal
            self.in_force = not refusal

        def look(self):
            pass

    monkeypatch.setattr(scheduling, "RealTimeThread", Thread)
    graph.start(Placed, scheduling="realtime")
    status = diagnostics("placed", lambda status: values(status)["state"] == "active")
    assert ("tracking thread in real time" in values(status)["scheduling"]) == (not refusal)
    assert (status.level == b"\1") == bool(refusal)
    assert asked.renewed


def test_the_real_process_says_its_real_niceness(graph, diagnostics):
    graph.start(Placed, scheduling="normal")
    status = diagnostics("placed", lambda status: status.message == "active")
    assert f"niceness {os.getpriority(os.PRIO_PROCESS, os.getpid())}" in values(status)["scheduling"]
