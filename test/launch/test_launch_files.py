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

"""Launch files as they are written: their arguments, presets and imports."""

from __future__ import annotations

import ast

import pytest
from support.launching import GENERAL, PRESETS, source

from hand_tracking_dsp.nodes.graph.names import NODES, SHORT_NAMES
from hand_tracking_dsp.nodes.tables.by_node import TABLES
from hand_tracking_dsp.resources import share_path


def tree(file):
    return ast.parse(share_path("launch", file).read_text(encoding="utf-8"))


def constants():
    return {
        statement.targets[0].id: ast.literal_eval(statement.value)
        for statement in tree(GENERAL).body
        if isinstance(statement, ast.Assign)
    }


def test_starts_what_the_command_up_starts():
    on_request = constants()["ON_REQUEST"]
    assert {node for name, node in SHORT_NAMES.items() if name not in on_request} == set(NODES)


def test_arguments_set_parameters_that_the_nodes_have():
    names = {node: {parameter.name for parameter in table} for node, table in TABLES.items()}
    for parameters in constants()["PARAMETERS"].values():
        for short, parameter in parameters.items():
            assert parameter in names[SHORT_NAMES[short]]


def test_these_are_all_launch_files():
    assert {path.name for path in share_path("launch", GENERAL).parent.glob("*.py")} == {GENERAL, *PRESETS}


@pytest.mark.parametrize("file", [GENERAL, *PRESETS])
def test_imports_nothing_that_a_robot_may_lack(file):
    nodes = list(ast.walk(tree(file)))
    modules = {node.module.split(".")[0] for node in nodes if isinstance(node, ast.ImportFrom)}
    modules |= {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    assert modules <= {"hand_tracking_dsp", "json", "launch", "launch_ros", "pathlib"}


@pytest.mark.parametrize("file", [GENERAL, *PRESETS])
def test_every_argument_is_described(launch, file):
    description = source(file).get_launch_description(launch.LaunchContext())
    arguments = description.get_launch_arguments(conditional_inclusion=True)
    assert {"namespace", "params_file", "source", "log_level", "composed", *SHORT_NAMES} <= {
        argument.name for argument in arguments
    }
    # launch adds the choices.
    assert all(one.description.partition(" Valid choices")[0].endswith(".") for one in arguments)
