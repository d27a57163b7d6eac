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

"""The files of docs/scheduling/, read by the programs that they are for, or by what these read."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

EXAMPLES = Path(__file__).parents[2] / "docs/scheduling"
NICENESS = -10


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    unit = Path(shutil.copy(EXAMPLES / "hand_tracking.service", tmp_path))
    done = subprocess.run(
        ["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False, timeout=60
    )
    # It complains of other units of this machine, too.
    said = [line for line in (done.stdout + done.stderr).splitlines() if unit.name in line]
    assert said == []
    lines = unit.read_text().splitlines()
    assert f"LimitNICE={NICENESS}" in lines, "with a sign it is a niceness"


def test_the_limits_are_of_the_form_that_pam_reads() -> None:
    lines = (EXAMPLES / "90-hand_tracking.conf").read_text().splitlines()
    limits = [line.split() for line in lines if not line.startswith("#")]
    assert limits == [["@robot", "-", "nice", str(NICENESS)], ["@robot", "-", "rtprio", "1"]]


def test_the_container_may_do_what_the_pages_say() -> None:
    (service,) = yaml.safe_load((EXAMPLES / "compose.yaml").read_text())["services"].values()
    assert service["cap_add"] == ["SYS_NICE"]
    assert service["ulimits"] == {"nice": 20 - NICENESS, "rtprio": 1}
