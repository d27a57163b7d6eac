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

"""Parameters as a node declares them, and as others may set them while it runs."""

from __future__ import annotations

import pytest
from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue
from rcl_interfaces.srv import SetParameters, SetParametersAtomically

from hand_tracking_dsp.nodes.base.managed import ManagedNode
from hand_tracking_dsp.options import Parameter as Declared

NODE = "sample"
TABLE = (
    Declared("autostart", True, "Start by itself."),
    Declared("speed", 1.0, "Speed.", "m/s", 0.0, 100.0, dynamic=True),
    Declared("weights", (1.0, 2.0), "Weights.", low=0.0, dynamic=True),
    Declared("names", ("a",), "Names.", dynamic=True),
    Declared("name", "a", "A name.", dynamic=True),
    Declared("file", "a", "A file.", locked=True),
    Declared("allow_locked_changes", False, "Let locked parameters change.", fixed=True),
    Declared("count", 1, "A number of things.", low=0, high=9, dynamic=True),
)


class Sample(ManagedNode):
    """Has a parameter of every kind."""

    def __init__(self, **options):
        super().__init__(NODE, TABLE, **options)


def raw(name, **value):
    """Make a parameter of exactly the type that its field says."""
    kinds = {
        "integer_value": ParameterType.PARAMETER_INTEGER,
        "integer_array_value": ParameterType.PARAMETER_INTEGER_ARRAY,
        "double_value": ParameterType.PARAMETER_DOUBLE,
        "string_value": ParameterType.PARAMETER_STRING,
        "byte_array_value": ParameterType.PARAMETER_BYTE_ARRAY,
    }
    return Parameter(name=name, value=ParameterValue(type=kinds[next(iter(value))], **value))


def set_one(graph, parameter):
    request = SetParameters.Request(parameters=[parameter])
    return graph.call(SetParameters, f"{NODE}/set_parameters", request).results[0]


def test_whole_numbers_are_taken_for_floats_while_the_node_runs(graph):
    node = graph.start(Sample)
    graph.until_state(NODE, "active")
    assert set_one(graph, raw("speed", integer_value=20)).successful
    assert set_one(graph, raw("count", double_value=2.0)).successful
    assert node.get_parameter("count").value == 2
    assert node.get_parameter("count").type_.value == ParameterType.PARAMETER_INTEGER
    assert set_one(graph, raw("weights", integer_array_value=[3, 4, 5])).successful
    assert node.get_parameter("speed").value == 20.0
    assert node.get_parameter("speed").type_.value == ParameterType.PARAMETER_DOUBLE
    assert list(node.get_parameter("weights").value) == [3.0, 4.0, 5.0]
    assert node.get_parameter("weights").type_.value == ParameterType.PARAMETER_DOUBLE_ARRAY
    assert node.parameters["weights"] == (3.0, 4.0, 5.0)


def test_numbers_are_taken_for_names_while_the_node_runs(graph):
    node = graph.start(Sample)
    assert set_one(graph, raw("name", integer_value=0)).successful
    assert node.get_parameter("name").value == "0"


def test_several_at_once_are_converted_too(graph):
    node = graph.start(Sample)
    request = SetParametersAtomically.Request(
        parameters=[raw("speed", integer_value=7), raw("count", integer_value=3)]
    )
    assert graph.call(SetParametersAtomically, f"{NODE}/set_parameters_atomically", request).result.successful
    assert (node.parameters["speed"], node.parameters["count"]) == (7.0, 3)


@pytest.mark.parametrize(
    ("parameter", "reason"),
    [
        (raw("speed", string_value="fast"), "Parameter speed is 'fast', but must be of type double."),
        (raw("speed", integer_value=200), "Parameter speed is 200, but must be in the range 0 to 100 m/s."),
        (raw("count", double_value=2.5), "Parameter count is 2.5, but must be of type integer."),
    ],
)
def test_what_cannot_be_taken_is_refused_with_a_sentence(graph, parameter, reason):
    node = graph.start(Sample)
    result = set_one(graph, parameter)
    assert not result.successful
    assert result.reason == reason
    assert (node.parameters["speed"], node.parameters["count"]) == (1.0, 1)


@pytest.mark.parametrize(
    ("name", "hint"),
    [("sped", "do you mean speed?"), ("zzz\x1b[2J", "see 'hand-tracking-dsp parameters'.")],
)
def test_a_parameter_that_does_not_exist_is_named_with_those_near_it(graph, name, hint):
    graph.start(Sample, mistyped=1)
    shown = name.replace("\x1b", "\\x1b")
    reason = f"sample has no parameter '{shown}': {hint}"
    request = SetParametersAtomically.Request(
        parameters=[raw("count", integer_value=3), raw(name, integer_value=1)]
    )
    together = graph.call(SetParametersAtomically, f"{NODE}/set_parameters_atomically", request).result
    for result in (set_one(graph, raw(name, integer_value=1)), together):
        assert not result.successful
        assert result.reason == reason
    assert set_one(graph, raw("mistyped", integer_value=2)).reason.startswith(
        "sample has no parameter 'mistyped'"
    )


def test_parameters_of_rclpy_itself_can_be_set(graph):
    graph.start(Sample)
    assert graph.set_parameter(NODE, "use_sim_time", False).successful


def test_an_empty_list_can_be_filled_again(graph):
    node = graph.start(Sample, names=[])
    assert node.parameters["names"] == ()
    assert graph.set_parameter(NODE, "names", ["b", "c"]).successful
    # As the command line of ROS sends an empty list, whose members have no type.
    assert set_one(graph, raw("names", byte_array_value=[])).successful
    assert node.parameters["names"] == ()
    assert graph.set_parameter(NODE, "names", ["d"]).successful
    assert node.parameters["names"] == ("d",)


def set_while_inactive(graph, name, value):
    """Deactivate and clean up, as a stranger may who then sets a parameter and configures again."""
    graph.until_state(NODE, "active")
    assert graph.change_state(NODE, "deactivate")
    assert graph.change_state(NODE, "cleanup")
    return graph.set_parameter(NODE, name, value)


def test_what_a_node_opens_cannot_be_changed_once_it_was_configured(graph):
    node = graph.start(Sample)
    result = set_while_inactive(graph, "file", "/etc/passwd")
    assert not result.successful
    assert result.reason == (
        "Parameter file says what the node opens or calls, and is locked once the node has been "
        "configured: start the node again with another value, or with allow_locked_changes."
    )
    assert node.parameters["file"] == "a"
    assert graph.set_parameter(NODE, "file", "a").successful
    assert graph.set_parameter(NODE, "count", 2).successful
    assert graph.change_state(NODE, "configure")


def test_a_node_at_work_says_that_a_parameter_is_locked(graph):
    node = graph.start(Sample)
    graph.until_state(NODE, "active")
    assert "locked once the node has been configured" in graph.set_parameter(NODE, "file", "b").reason
    assert node.parameters["file"] == "a"


def test_what_a_node_opens_can_be_changed_where_its_starter_allowed_it(graph):
    node = graph.start(Sample, allow_locked_changes=True)
    assert set_while_inactive(graph, "file", "b").successful
    assert node.parameters["file"] == "b"


def test_what_a_node_opens_can_be_corrected_until_it_has_been_configured(graph):
    node = graph.start(Sample, autostart=False)
    assert graph.set_parameter(NODE, "file", "b").successful
    assert node.parameters["file"] == "b"
    assert "locked" in node.describe_parameter("file").additional_constraints


@pytest.mark.parametrize("autostart", [False, True])
def test_what_others_may_do_with_a_node_is_fixed_in_every_state(graph, autostart):
    node = graph.start(Sample, autostart=autostart)
    if autostart:
        graph.until_state(NODE, "active")
    result = graph.set_parameter(NODE, "allow_locked_changes", True)
    assert not result.successful
    assert result.reason == (
        "Parameter allow_locked_changes says what others may do with the node, and is fixed while it runs: "
        "start the node again with another value."
    )
    assert not node.parameters["allow_locked_changes"]
    assert node.describe_parameter("allow_locked_changes").read_only
