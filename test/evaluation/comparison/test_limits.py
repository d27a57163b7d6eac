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

"""Limits as users write them."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.evaluation.comparison.findings import Finding
from hand_tracking_dsp.evaluation.comparison.limits import MetricLimit, parse_limit
from hand_tracking_dsp.evaluation.measures.catalogue import METRICS, measure_names
from hand_tracking_dsp.evaluation.statistics import Interval

_METRICS = {metric.name: metric for metric in METRICS}


def found(name: str, a: float, b: float, half_width: float = math.nan) -> Finding:
    """Make a finding; half_width is that of the interval of B - A, on a scale on which A is 100."""
    change = 100 * (b - a) / a if a else math.nan
    around = [(value - half_width, value + half_width) for value in (a, b, b - a, change)]
    intervals = [Interval(value, *pair) for value, pair in zip((a, b, b - a, change), around, strict=True)]
    return Finding(_METRICS[name], *intervals, blocks=20, verdict="worse")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mde_px>+2%", ("mde_px", True, 2.0, "change")),
        ("latency_p95_ms>+1.5", ("latency_p95_ms", True, 1.5, "difference")),
        ("detection_recall<-0.01", ("detection_recall", False, -0.01, "difference")),
        ("latency_p99_ms>33", ("latency_p99_ms", True, 33.0, "value")),
        (" pck_010 < -5 % ", ("pck_010", False, -5.0, "change")),
        ("rate_hz<.5", ("rate_hz", False, 0.5, "value")),
    ],
)
def test_limits_are_read(text: str, expected: tuple[str, bool, float, str]) -> None:
    assert parse_limit(text) == MetricLimit(text.strip(), *expected)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mde_px", "'mde_px>\\+2%'"),
        ("mde_px=3", "cannot be read"),
        ("mde_px>>3", "cannot be read"),
        ("mde_px>+-3", "cannot be read"),
        ("mde_px>3px", "cannot be read"),
        ("mde_px>+nan", "cannot be read"),
        ("mde_px>+1e3", "cannot be read"),
        ("mde_px>+٣", "cannot be read"),
        (">3", "cannot be read"),
        ("", "cannot be read"),
        ("mde_ps>+2%", "do you mean mde_px"),
        ("speed>+2%", "choose one of mde_px"),
        ("mde_px>2%", "lacks a sign.*'mde_px>\\+2%' or 'mde_px>-2%'"),
    ],
)
def test_what_is_no_limit_is_refused_with_an_example(text: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        parse_limit(text)


@given(
    st.sampled_from(measure_names()),
    st.sampled_from("<>"),
    st.sampled_from(["", "+", "-"]),
    st.decimals(0, 1000, places=3),
    st.booleans(),
)
def test_every_limit_of_the_grammar_is_read_as_written(
    metric: str, direction: str, sign: str, limit: object, percent: bool
) -> None:
    text = f"{metric}{direction}{sign}{limit}{'%' if percent else ''}"
    if percent and not sign:
        with pytest.raises(ConfigurationError, match="lacks a sign"):
            parse_limit(text)
        return
    found = parse_limit(text)
    assert (found.metric, found.above) == (metric, direction == ">")
    assert found.limit == float(f"{sign}{limit}")
    assert found.of == ("change" if percent else "difference" if sign else "value")


@given(st.text())
@example("mde_px>+2%\n")
def test_any_other_text_is_refused_in_a_sentence(text: str) -> None:
    try:
        name = parse_limit(text).metric
    except ConfigurationError as error:
        said = str(error)
    else:
        assert name in text
        return
    assert said.endswith((".", "?"))


@pytest.mark.parametrize(
    ("text", "a", "b", "broken"),
    [
        ("mde_px>+2%", 100, 102.1, True),
        ("mde_px>+2%", 100, 101.9, False),
        ("mde_px>+2%", 100, 50, False),
        ("mde_px>-2%", 100, 99, True),
        ("latency_p95_ms>+1.5", 10, 11.6, True),
        ("latency_p95_ms>+1.5", 10, 11.4, False),
        ("detection_recall<-0.01", 0.9, 0.88, True),
        ("detection_recall<-0.01", 0.9, 0.895, False),
        ("detection_recall<-0.01", 0.9, 0.99, False),
        ("latency_p99_ms>33", 40, 33.1, True),
        ("latency_p99_ms>33", 40, 32.9, False),
        ("detection_recall<0.9", 0.5, 0.89, True),
    ],
)
def test_a_limit_is_broken_by_what_is_beyond_it(text: str, a: float, b: float, broken: bool) -> None:
    limit = parse_limit(text)
    said = limit.breach(found(limit.metric, a, b))
    assert bool(said) == broken
    if broken:
        assert said.startswith("holds: ")


def test_a_breach_names_measure_values_and_interval() -> None:
    said = parse_limit("mde_px>+2%").breach(found("mde_px", 100, 103, 0.5))
    assert said == "holds: mde_px was 100 and is 103 px, change +3 % (2.5 to 3.5)."
    said = parse_limit("latency_p99_ms>33").breach(found("latency_p99_ms", 30, 35))
    assert said == "holds: latency_p99_ms was 30 and is 35 ms."


def test_estimates_are_called_so_in_a_breach() -> None:
    assert "energy_mj (estimated) was" in parse_limit("energy_mj>+2%").breach(found("energy_mj", 5, 9))


def test_any_growth_from_nothing_is_beyond_every_percentage() -> None:
    limit = parse_limit("deadline_misses>+50%")
    assert "was 0 and is 0.1" in limit.breach(found("deadline_misses", 0, 0.1))
    same = Finding(_METRICS["deadline_misses"], *[Interval(0.0, 0.0, 0.0)] * 4, blocks=9, verdict="equal")
    assert limit.breach(same) == ""


@pytest.mark.parametrize(
    ("a", "b", "sides"), [(math.nan, math.nan, "A and B"), (1.0, math.nan, "B"), (math.nan, 1.0, "A")]
)
def test_what_was_not_measured_breaks_the_limit(a: float, b: float, sides: str) -> None:
    for text in ("mde_px>+2%", "mde_px>+2"):
        said = parse_limit(text).breach(found("mde_px", a, b))
        assert f"cannot be checked: mde_px was not measured in {sides}; it needs true joints" in said


def test_b_s_own_value_needs_no_a() -> None:
    assert parse_limit("mde_px>3").breach(found("mde_px", math.nan, 2)) == ""
    assert "was not measured in B" in parse_limit("mde_px>3").breach(found("mde_px", 1, math.nan))
    nothing = parse_limit("deadline_misses>+2%").breach(found("deadline_misses", 0, math.nan))
    assert "was not measured in B" in nothing


def test_confident_asks_for_the_whole_interval() -> None:
    above, below = parse_limit("mde_px>+2"), parse_limit("detection_recall<-2")
    assert above.breach(found("mde_px", 100, 103, 0.5), confident=True)
    assert not above.breach(found("mde_px", 100, 103, 1.5), confident=True)
    assert above.breach(found("mde_px", 100, 103, 1.5))
    assert below.breach(found("detection_recall", 100, 97, 0.5), confident=True)
    assert not below.breach(found("detection_recall", 100, 97, 1.5), confident=True)


def test_confident_does_not_pass_what_has_no_interval() -> None:
    said = parse_limit("mde_px>+2").breach(found("mde_px", 100, 100), confident=True)
    assert "cannot be checked with --confident" in said
