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

import os
import signal
import socket
import subprocess
import sys
import textwrap

import pytest

from hand_tracking_dsp.errors import SourceError
from hand_tracking_dsp.nodes.base.managed import ManagedNode
from hand_tracking_dsp.options import Parameter

TABLE = (
    Parameter("autostart", True, "Start by itself."),
    Parameter("fails", "", "What fails.", choices=("", "configure", "activate", "surprise")),
)


class Sample(ManagedNode):
    """Notes what happens to it."""

    def __init__(self, **options):
        super().__init__("sample", TABLE, **options)
        self.calls: list[str] = []

    def configure(self):
        self.calls.append("configure")
        if self.parameters["fails"] == "configure":
            msg = "The sample cannot be configured: let it."
            raise SourceError(msg)
        if self.parameters["fails"] == "surprise":
            msg = "nobody thought of it"
            raise ZeroDivisionError(msg)

    def activate(self):
        self.calls.append("activate")
        if self.parameters["fails"] == "activate":
            msg = "The sample cannot be activated: let it."
            raise SourceError(msg)

    def deactivate(self):
        self.calls.append("deactivate")

    def cleanup(self):
        self.calls.append("cleanup")

    def describe(self, report):
        report.values["calls"] = len(self.calls)
        report.warnings.append("The sample is only one.")


def state_value(status):
    return {pair.key: pair.value for pair in status.values}["state"]


def test_diagnostics_come_in_every_state(graph, diagnostics):
    graph.start(Sample, autostart=False)
    for transition, state in (
        (None, "unconfigured"),
        ("configure", "inactive"),
        ("activate", "active"),
        ("deactivate", "inactive"),
        ("cleanup", "unconfigured"),
        ("shutdown", "finalized"),
    ):
        if transition:
            assert graph.change_state("sample", transition)
        status = diagnostics("sample", lambda status, state=state: state_value(status) == state)
        # Without autostart, a node that nobody has configured yet is as it should be.
        assert status.level == (status.OK if state == "unconfigured" else status.WARN)
        assert status.message.startswith("The sample" if state == "active" else ("The node is", state))
        assert status.hardware_id == socket.gethostname()


def test_a_failed_configure_releases_and_can_be_tried_again(graph, diagnostics):
    node = graph.start(Sample, autostart=False, fails="configure")
    assert not graph.change_state("sample", "configure")
    status = diagnostics("sample", lambda status: status.level == status.ERROR)
    assert status.message == "The sample cannot be configured: let it."
    assert node.calls == ["configure", "deactivate", "cleanup"]
    assert graph.set_parameter("sample", "fails", "").successful
    assert graph.change_state("sample", "configure")
    assert diagnostics("sample").message == "The node is inactive: activate it."


def test_a_destroyed_node_leaves_nothing_of_itself_in_the_graph(graph):
    def services():
        found = {name for name, _ in graph.observer.get_service_names_and_types()}
        return found & {"/sample/get_state", "/sample/change_state", "/sample/set_parameters"}

    node = Sample(context=graph.context)
    graph.until(lambda: len(services()) == 3, "the node is there")
    node.destroy_node()
    graph.until(lambda: not services(), lambda: f"{services()} are gone")


@pytest.mark.parametrize("fails", ["configure", "activate", "surprise"])
def test_a_start_by_itself_that_fails_is_tried_again(graph, diagnostics, fails):
    node = graph.start(Sample, fails=fails)
    status = diagnostics("sample", lambda status: "Next attempt in" in status.message)
    assert status.level == status.ERROR
    assert graph.set_parameter("sample", "fails", "").successful
    graph.until_state("sample", "active")
    assert node.calls[-1] == "activate"
    assert "Next attempt" not in diagnostics("sample").message


def test_a_report_that_fails_does_not_silence_the_diagnostics(graph, diagnostics, monkeypatch):
    monkeypatch.setattr(Sample, "describe", lambda *_: 1 / 0)
    graph.start(Sample)
    status = diagnostics("sample", lambda status: status.level == status.ERROR)
    assert status.message == "A part of the report failed with ZeroDivisionError: division by zero."
    assert state_value(status) == "active"


def test_a_start_by_itself_is_given_up_once_somebody_changes_the_state(graph, diagnostics):
    node = graph.start(Sample, fails="activate")
    diagnostics("sample", lambda status: "Next attempt in" in status.message)
    assert graph.change_state("sample", "cleanup")
    status = diagnostics("sample", lambda status: state_value(status) == "unconfigured")
    assert status.level == status.WARN
    assert status.message.startswith("The node is unconfigured, although autostart is set")
    calls = list(node.calls)
    for _ in range(3):
        assert state_value(diagnostics("sample")) == "unconfigured"
    assert node.calls == calls


def test_a_failed_activate_leaves_the_node_inactive(graph, diagnostics):
    node = graph.start(Sample, autostart=False, fails="activate")
    assert graph.change_state("sample", "configure")
    assert not graph.change_state("sample", "activate")
    status = diagnostics("sample", lambda status: status.level == status.ERROR)
    assert status.message == "The sample cannot be activated: let it."
    assert graph.state("sample") == "inactive"
    assert node.calls == ["configure", "activate", "deactivate"]


def test_an_unexpected_error_returns_to_unconfigured(graph, diagnostics):
    node = graph.start(Sample, autostart=False, fails="surprise")
    assert not graph.change_state("sample", "configure")
    status = diagnostics("sample", lambda status: status.level == status.ERROR)
    assert status.message == "ZeroDivisionError: nobody thought of it"
    assert graph.state("sample") == "unconfigured"
    assert node.calls == ["configure", "deactivate", "cleanup"]
    assert graph.set_parameter("sample", "fails", "").successful
    assert graph.change_state("sample", "configure")


def test_an_active_node_releases_everything_at_shutdown(graph):
    node = graph.start(Sample)
    graph.until_state("sample", "active")
    assert graph.change_state("sample", "shutdown")
    assert node.calls == ["configure", "activate", "deactivate", "cleanup"]


def test_names_that_are_no_parameters_are_told(graph):
    node = graph.start(Sample, autostrat=False)
    assert node.parameters.unknown == ("autostrat",)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_failing_callback_ends_neither_node_nor_process(domain_id, number):
    program = """
        import sys
        from hand_tracking_dsp.nodes.base.managed import ManagedNode
        from hand_tracking_dsp.options import Parameter
        from hand_tracking_dsp.nodes.base.running import run_node

        class Sample(ManagedNode):
            def __init__(self):
                super().__init__("sample", [Parameter("autostart", True, "Start by itself.")])
                self.left = 3
                self.create_timer(0.01, self.fail)

            def fail(self):
                self.left -= 1
                if self.left > 0:
                    raise RuntimeError("as agreed")
                if self.left == 0:
                    print("still here", file=sys.stderr, flush=True)

        sys.exit(run_node(Sample))
    """
    environment = {**os.environ, "ROS_DOMAIN_ID": str(domain_id)}
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)], stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        said = ""
        while "still here" not in said:
            line = process.stderr.readline()
            assert line, f"the process has ended: {said}"
            said += line
        process.send_signal(number)
        process.stderr.read()
    assert process.returncode == 0
    assert said.count("A callback failed.") == 2


def test_an_empty_list_from_outside_is_named_and_does_not_end_the_node(domain_id, tmp_path):
    file = tmp_path / "empty.yaml"
    file.write_text("sample:\n  ros__parameters: {fails: [], other: []}\n")
    program = """
        import sys
        import rclpy
        from hand_tracking_dsp.nodes.base.managed import ManagedNode
        from hand_tracking_dsp.options import Parameter
        rclpy.init(args=["--ros-args", "--params-file", sys.argv[1]])
        table = (Parameter("autostart", False, "Start."), Parameter("fails", ("a",), "What fails."))
        node = ManagedNode("sample", table)
        print(node.parameters.unknown)
        node.parameters.check()
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), str(file)],
        env={**os.environ, "ROS_DOMAIN_ID": str(domain_id)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "('other',)" in done.stdout
    assert "Parameter fails is not set, but must be of type string array." in done.stderr
