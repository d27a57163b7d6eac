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

"""How all tests are run, when a module is skipped, and the fixtures that several rooms share.

A fixture of one room is in that room's conftest.py. The shared ones are in support/, as are the functions
that tests import.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))

from support.bags import data_file, source_options, synthetic_bag, synthetic_frames
from support.domains import domain_id, module_domain_id
from support.evaluations import made_folder, made_report, made_run
from support.fingerprints import fingerprint
from support.missing import reason_to_skip
from support.networks import mediapipe_wheel, tiny_bank
from support.policies import policy_file, policy_network

if find_spec("hypothesis"):
    from hypothesis import HealthCheck, settings

    # Few examples for whoever waits for them, more where a machine does. No deadline and no check of speed,
    # since machines differ; old versions take stories of the controller for large.
    common = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large]}
    settings.register_profile("developer", max_examples=20, **common)
    settings.register_profile("ci", max_examples=100, print_blob=True, **common)
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "developer"))

# Workers of pytest-xdist inherit the width of its terminal; tests read tables as wide as they are in a file.
os.environ.pop("COLUMNS", None)

# A shell gives its background jobs an ignored SIGINT, which the programs under test would inherit.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(hookwrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    """Skip the modules whose libraries are missing, and say why.

    For a module pytest.importorskip does the same. In a conftest.py it would end the whole run of pytest 6.2
    (Humble), so what is needed there is imported where it is installed.
    """
    outcome = yield
    report = outcome.get_result()
    if report.failed and (reason := reason_to_skip(str(report.longrepr))):
        report.outcome, report.longrepr = "skipped", (collector.nodeid, 0, f"Skipped: {reason}")
