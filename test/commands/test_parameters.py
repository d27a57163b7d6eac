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

from functools import reduce
from operator import getitem
from pathlib import Path

import yaml

from hand_tracking_dsp.commands.parameters import as_markdown, as_yaml, observation_as_markdown
from hand_tracking_dsp.nodes.tables.by_node import TABLES
from hand_tracking_dsp.resources import share_path


def test_the_parameter_file_is_what_the_command_prints():
    assert share_path("config", "hand_tracking.yaml").read_text(encoding="utf-8") == as_yaml(TABLES)


def test_the_parameter_tables_are_what_the_command_prints():
    docs = Path(__file__).parents[2] / "docs"
    assert (docs / "parameters.md").read_text(encoding="utf-8") == as_markdown(TABLES)


def test_the_table_of_the_observation_is_what_the_command_prints():
    docs = Path(__file__).parents[2] / "docs"
    assert observation_as_markdown() in (docs / "policy.md").read_text(encoding="utf-8")


def test_the_parameter_file_holds_every_default():
    data = yaml.safe_load(as_yaml(TABLES))
    for node, table in TABLES.items():
        values = data[f"/**/{node}"]["ros__parameters"]
        for parameter in table:
            value = values.get(parameter.name)
            if value is None:
                value = reduce(getitem, parameter.name.split("."), values)
            assert parameter.accept(value) == parameter.default
