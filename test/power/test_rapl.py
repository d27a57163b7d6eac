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

"""A processor's energy counters, in a fake tree."""

import math
import shutil

import pytest

from hand_tracking_dsp.errors import SourceError
from hand_tracking_dsp.power.factory import open_power_source
from hand_tracking_dsp.power.rapl import RaplSource


class Clock:
    def __init__(self):
        self.now_s = 100.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def clock():
    return Clock()


def watts_after(source, clock, seconds, changes):
    """Read, let counters go on, and read again."""
    source.read()
    clock.now_s += seconds
    for folder, microjoules in changes.items():
        (folder / "energy_uj").write_text(f"{microjoules}\n")
    return source.read()


def test_the_mean_power_since_the_last_reading(tmp_path, write_rapl, clock):
    package = write_rapl("0", "package-0", 1_000_000)
    core = write_rapl("0:0", "core", 500_000)
    dram = write_rapl("0:1", "dram", 0)
    source = RaplSource(tmp_path, clock)
    reading = watts_after(source, clock, 2.0, {package: 21_000_000, core: 12_500_000, dram: 6_000_000})
    assert source.name == "RAPL package-0 + package-0 dram"
    assert reading.rails_w == pytest.approx({"package-0": 10.0, "package-0 core": 6.0, "package-0 dram": 3.0})
    assert reading.power_w == pytest.approx(13.0), "cores are a part of the package, memory is not"
    assert not reading.present
    assert not reading.simulated


def test_the_first_reading_knows_no_watts(tmp_path, write_rapl, clock):
    write_rapl("0", "package-0", 1_000_000)
    assert math.isnan(RaplSource(tmp_path, clock).read().power_w)


def test_the_whole_platform_goes_before_its_parts(tmp_path, write_rapl, clock):
    package = write_rapl("0", "package-0", 0)
    platform = write_rapl("1", "psys", 0)
    source = RaplSource(tmp_path, clock)
    assert watts_after(source, clock, 1.0, {package: 5_000_000, platform: 9_000_000}).power_w == 9.0
    assert source.name == "RAPL psys"


def test_a_counter_that_began_anew_is_followed(tmp_path, write_rapl, clock):
    package = write_rapl("0", "package-0", 99_000_000, highest=100_000_000)
    source = RaplSource(tmp_path, clock)
    assert watts_after(source, clock, 1.0, {package: 4_000_000}).power_w == pytest.approx(5.0)


def test_two_processors_add_up(tmp_path, write_rapl, clock):
    folders = [write_rapl(str(n), f"package-{n}", 0) for n in range(2)]
    source = RaplSource(tmp_path, clock)
    assert watts_after(source, clock, 1.0, dict.fromkeys(folders, 7_000_000)).power_w == pytest.approx(14.0)


def test_nonsense_is_unknown_and_counted(tmp_path, write_rapl, clock):
    package = write_rapl("0", "package-0", 0)
    source = RaplSource(tmp_path, clock)
    assert math.isnan(watts_after(source, clock, 1.0, {package: "much"}).power_w)
    assert source.bad_values == 1


def test_says_that_there_is_no_counter(tmp_path):
    with pytest.raises(SourceError, match=r"no energy counter under .*intel-rapl.*: choose another"):
        open_power_source("rapl", root=tmp_path)


def test_says_that_only_root_may_read(tmp_path, write_rapl, monkeypatch):
    write_rapl("0", "package-0", 0)
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(SourceError, match=r"energy_uj may only be read by root: let the node's user read it"):
        open_power_source("rapl", root=tmp_path)


def test_says_that_the_counter_has_vanished(tmp_path, write_rapl, clock):
    folder = write_rapl("0", "package-0", 0)
    source = RaplSource(tmp_path, clock)
    shutil.rmtree(folder)
    with pytest.raises(SourceError, match=r"energy_uj has vanished: open it again when it is back\."):
        source.read()


def test_auto_does_not_take_it(tmp_path, write_rapl):
    write_rapl("0", "package-0", 0)
    assert open_power_source("auto", root=tmp_path).name == "none", "it would contradict a robot's battery"
