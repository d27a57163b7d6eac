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

"""Attribute files of sysfs."""

import math

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hand_tracking_dsp.power.sysfs import SysfsReader


def test_reads_numbers_to_scale_and_words_without_their_line_end(tmp_path):
    (tmp_path / "a").write_text("12600000\n")
    (tmp_path / "b").write_text("Not charging\n")
    reader = SysfsReader()
    assert reader.number(tmp_path / "a", 1e-6) == 12.6
    assert reader.word(tmp_path / "b") == "Not charging"
    assert reader.bad_values == 0


def test_an_absent_or_empty_file_is_unknown_and_not_bad(tmp_path):
    (tmp_path / "empty").write_text("\n")
    reader = SysfsReader()
    assert math.isnan(reader.number(tmp_path / "empty"))
    assert math.isnan(reader.number(tmp_path / "absent"))
    assert reader.word(tmp_path / "absent") == ""
    assert reader.bad_values == 0


def test_nonsense_is_counted(tmp_path):
    reader = SysfsReader()
    for content in ("full", "nan", "inf", "1e999", "0x12", "12 13"):
        (tmp_path / "a").write_text(content)
        assert math.isnan(reader.number(tmp_path / "a"))
    assert reader.bad_values == 6


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=64))
def test_no_content_raises_or_gives_infinity(tmp_path, content):
    (tmp_path / "a").write_bytes(content)
    reader = SysfsReader()
    assert not math.isinf(reader.number(tmp_path / "a"))
    assert "\n" not in reader.word(tmp_path / "a")
