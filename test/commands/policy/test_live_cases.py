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

import argparse
import json
from pathlib import Path

from hand_tracking_dsp.cli import main
from hand_tracking_dsp.commands.policy import live_cases
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.manifest import read_manifest


def test_the_rule_takes_the_settings_that_a_report_found(tmp_path: Path, capsys) -> None:
    bank = read_manifest(default_bank())
    file = tmp_path / "report.json"
    options = argparse.Namespace(policies="tuned", deadline="both", rule_settings=file)
    settings = {"upper": 0.8, "hold_s": 4, "battery_low_level": 3}
    for value in ({"settings": {"threshold, tuned": settings, "index": {"gain": 1}}}, settings):
        file.write_text(json.dumps(value))
        (policy,) = live_cases.live_policies(options, bank)
        assert policy.parameters == {
            "policy": "threshold",
            "threshold.upper": 0.8,
            "threshold.hold_s": 4.0,
            "threshold.battery_low_level": 3,
        }
    for text in ('{"settings": {}}', '{"speed": 1}', "[]", '{"upper": 99}', '{"upper": 0.1}', "{"):
        file.write_text(text)
        words = ["policy", "live", "--out", str(tmp_path / "out"), "--policies", "tuned"]
        assert main([*words, "--rule-settings", str(file)]) == 1
        assert "report.json" in capsys.readouterr().err or text == '{"upper": 0.1}'
