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

"""Declarations of values that can be set: types, ranges, dataclasses and parameters made of them."""

# Annotations are no strings here: dataclasses would look for this module where pytest 6.2 does not put it.

import math
from dataclasses import dataclass, field

import numpy as np
import pytest

from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.options import (
    Parameter,
    check_options,
    check_order,
    declaration,
    make_options,
    option,
    parameters_of,
)

RATE = Parameter("rate_hz", 30.0, "Rate.", "Hz", 1, 100)
DEPTH = Parameter("depth", 1, "Depth.", low=1, high=10)
MODE = Parameter("mode", "raw", "Mode.", choices=("raw", "compressed"))
NAMES = Parameter("names", ("a",), "Names.", choices=("a", "b"))
SHARES = Parameter("shares", (0.5,), "Shares.", low=0, high=1)


@dataclass(frozen=True, slots=True)
class Oven:
    """Options of an oven."""

    heat_c: float = option(180.0, "Temperature.", "°C", 50, 300, dynamic=True)
    trays: int = option(2, "Trays.", "trays", 1, 4)
    spices: tuple[str, ...] = option(("salt",), "Spices.", choices=("salt", "pepper"))
    least_c: float = option(40.0, "Lowest temperature.", "°C", 0, 300, parameter=False)
    owner: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        check_options(self)
        check_order(self, "least_c", "heat_c")


@pytest.mark.parametrize(
    ("parameter", "given", "taken"),
    [
        (RATE, 30, 30.0),
        (RATE, np.float32(30), 30.0),
        (DEPTH, np.int64(3), 3),
        (DEPTH, 3.0, 3),
        (Parameter("source", "synthetic", "Source."), 0, "0"),
        (SHARES, [1, 0], (1.0, 0.0)),
        (NAMES, ["b", "a"], ("b", "a")),
    ],
)
def test_takes_what_yaml_and_numpy_make_of_a_fitting_value(parameter, given, taken):
    accepted = parameter.accept(given)
    assert accepted == taken
    assert type(accepted) is type(taken)


@pytest.mark.parametrize(
    ("parameter", "value", "sentence"),
    [
        (RATE, 0.0, "Parameter rate_hz is 0.0, but must be in the range 1 to 100 Hz."),
        (RATE, math.nan, "Parameter rate_hz is nan, but must be in the range 1 to 100 Hz."),
        (RATE, "fast", "Parameter rate_hz is 'fast', but must be of type double."),
        (RATE, None, "Parameter rate_hz is not set, but must be of type double."),
        (RATE, True, "Parameter rate_hz is True, but must be of type double."),
        (DEPTH, 1.5, "Parameter depth is 1.5, but must be of type integer."),
        (DEPTH, math.inf, "Parameter depth is inf, but must be of type integer."),
        (DEPTH, 11, "Parameter depth is 11, but must be in the range 1 to 10."),
        (MODE, "theora", "Parameter mode is 'theora', but must be one of: raw, compressed."),
        (NAMES, ["a", "c"], "Parameter names is ['a', 'c'], but must be one of: a, b."),
        (NAMES, "a", "Parameter names is 'a', but must be of type string array."),
        (SHARES, [0.5, 2.0], "Parameter shares is [0.5, 2.0], but must be in the range 0 to 1."),
    ],
)
def test_refuses_other_values_in_a_sentence(parameter, value, sentence):
    with pytest.raises(ConfigurationError) as refusal:
        parameter.accept(value)
    assert str(refusal.value) == sentence


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"heat_c": 301}, "Oven.heat_c is 301, but must be in the range 50 to 300 °C."),
        ({"trays": 1.5}, "Oven.trays is 1.5, but must be of type integer."),
        ({"spices": ("sand",)}, "Oven.spices is ['sand'], but must be one of: salt, pepper."),
        ({"spices": ()}, "Oven.spices is empty, but must have at least one member."),
        ({"heat_c": 60.0, "least_c": 60.0}, "Oven.heat_c is 60.0, but must be above least_c, which is 60.0."),
    ],
)
def test_a_dataclass_refuses_what_is_not_declared_and_names_itself(values, sentence):
    with pytest.raises(ConfigurationError) as refusal:
        Oven(**values)
    assert str(refusal.value) == sentence


def test_two_values_may_be_equal_where_that_is_allowed():
    check_order(Oven(least_c=100.0), "least_c", "heat_c", equal=True)
    with pytest.raises(ConfigurationError, match=r"least_c is 100\.0, but must be at least heat_c, which is"):
        check_order(Oven(least_c=100.0), "heat_c", "least_c", equal=True)


def test_a_field_keeps_its_default_and_its_declaration():
    assert Oven() == Oven(180.0, 2, ("salt",), 40.0, [])
    assert declaration(Oven, "heat_c") == Parameter(
        "heat_c", 180.0, "Temperature.", "°C", 50, 300, dynamic=True
    )
    with pytest.raises(KeyError):
        declaration(Oven, "owner")


def test_the_parameters_of_a_dataclass_are_those_of_its_fields_that_nodes_have():
    assert [one.name for one in parameters_of(Oven, "oven.")] == ["oven.heat_c", "oven.trays", "oven.spices"]
    assert [one.name for one in parameters_of(Oven, only=("trays",))] == ["trays"]
    assert [one.name for one in parameters_of(Oven, without=("trays",))] == ["heat_c", "spices"]
    assert parameters_of(Oven, only=("trays",), defaults={"trays": 4})[0].default == 4


def test_a_dataclass_is_made_of_the_values_that_there_are():
    values = {"oven.trays": 3, "oven.heat_c": 200, "trays": 1, "oven.door": "open"}
    assert make_options(Oven, values, "oven.", owner=["me"]) == Oven(heat_c=200, trays=3, owner=["me"])


def test_a_dataclass_counts_with_an_integer_where_it_was_given_one_as_a_double():
    trays = Oven(trays=2.0).trays
    assert (trays, type(trays)) == (2, int)
