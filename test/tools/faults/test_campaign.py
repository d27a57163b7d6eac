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

"""The short form of the faults in a running graph: each is named, and everything works afterwards."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from faults.campaign import Share, _fitting, _in_turn, _run_share, load_kinds, shares
from faults.folders import Folders
from faults.injection import Outcome, put_in
from faults.report import faults_section, soak_section
from faults.running_graph import RunningGraph
from faults.soak import soak

# One of each way to fail: by a message, a header, an inner topic, a parameter, a state, a process, a file.
SHORT = (
    "image with fewer bytes than rows",
    "an empty frame_id",
    "a battery of minus 3",
    "a parameter out of range",
    "camera after deactivate",
    "gesture ended by SIGKILL",
    "the camera's folder gone",
)


def test_a_graph_names_faults_survives_them_and_goes_on(tmp_path: Path, domain_id: int) -> None:
    folders = Folders(tmp_path)
    folders.make()
    kinds = load_kinds()
    with RunningGraph(folders, domain_id) as graph:
        outcomes = [put_in(kinds[name], graph, Random(0)) for name in SHORT]
        minutes = soak(graph, 2, minute_s=2.0)
    # How soon they are back is for `make faults` to say: a test must not depend on the machine's speed.
    assert [outcome for outcome in outcomes if outcome.named == "silent"] == []
    assert [outcome for outcome in outcomes if outcome.back_s is None] == []
    assert [outcome for outcome in outcomes if outcome.deaths or outcome.tracebacks] == []
    assert all(minute.frames and minute.cpu_percent > 0 and len(minute.memory_mib) == 7 for minute in minutes)
    assert "| 2 |" in soak_section(minutes)


def test_there_are_more_than_forty_kinds_and_every_one_has_its_turn() -> None:
    kinds = load_kinds()
    assert len(kinds) >= 40
    share = Share(Path(), "raw", 0, seed=3)
    fit = {name for name, kind in kinds.items() if kind.transport in ("", "raw")}
    turns = _in_turn(_fitting(share), Random(3))
    assert {next(turns).name for _ in fit} == fit


def test_a_share_that_no_kind_fits_is_empty() -> None:
    assert _run_share(Share(Path(), "raw", 5, seed=3, only="compressed image of random bytes")) == []


def test_shares_alternate_between_transports() -> None:
    parts = shares(Path("out"), 100, 4, seed=0, only="")
    assert [part.transport for part in parts] == ["raw", "compressed", "raw", "compressed"]
    assert sum(part.faults for part in parts) == 100


def test_late_returns_and_those_that_never_came_are_counted_apart() -> None:
    outcomes = [
        Outcome(
            "a kind", named="diagnostics", back_s=back_s, deaths=(), tracebacks=0, said=(), lingering=stayed
        )
        for back_s, stayed in ((1.0, ()), (5.5, ()), (None, ("a", "b")), (None, ()))
    ]
    section = faults_section(outcomes)
    assert "Back later than 5 s: 1, never back: 2. After which a warning stayed: 1." in section


@pytest.mark.parametrize(
    ("changes", "good"),
    [
        ({}, True),
        ({"named": "silent"}, False),
        ({"back_s": 5.5}, False),
        ({"back_s": None}, False),
        ({"deaths": ("camera_node",)}, False),
        ({"tracebacks": 1}, False),
    ],
)
def test_an_outcome_is_good_only_if_nothing_is_wrong(changes: dict[str, object], good: bool) -> None:
    values = {"named": "diagnostics", "back_s": 1.0, "deaths": (), "tracebacks": 0, "said": ("x WARN: y",)}
    outcome = Outcome("a kind", **{**values, **changes})
    assert outcome.good is good
    assert ("- a kind: " in faults_section([outcome])) is not good
