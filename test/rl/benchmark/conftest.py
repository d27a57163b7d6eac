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

"""A benchmark of two episodes of a policy that nobody trained."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from hand_tracking_dsp.control.goals import GoalWeights
from hand_tracking_dsp.evaluation.executor import THIS_PROCESS
from hand_tracking_dsp.rl.benchmark import adversarial_table, by_speed, rule_search
from hand_tracking_dsp.rl.benchmark import results as module
from hand_tracking_dsp.rl.benchmark.adversarial import adversarial_missions
from hand_tracking_dsp.rl.benchmark.evaluate import Benchmark
from hand_tracking_dsp.rl.benchmark.results import BenchmarkResults, run_benchmark


@pytest.fixture(scope="session")
def training() -> dict[str, Any]:
    return {"algorithm": "ppo", "missions": 0}


@pytest.fixture(scope="session")
def reported() -> list[tuple[str, int, int]]:
    """Give the progress that the benchmark reported."""
    return []


@pytest.fixture(scope="session")
def results(device, bank, random_mlp, tmp_path_factory, training, reported) -> BenchmarkResults:
    from hand_tracking_dsp.control.policy_file import PolicyContract, manifest_text
    from hand_tracking_dsp.rl.training.export import policy_network

    folder = tmp_path_factory.mktemp("policies")
    for number, name in enumerate(("ppo_0", "ppo_1", "dqn_0", "without_drift")):
        network = policy_network(random_mlp(number), PolicyContract.of(bank, "ppo", 0.5, training))
        (folder / f"{name}.onnx").write_bytes(network)
        (folder / f"{name}.json").write_text(manifest_text(f"{name}.onnx", network))
    benchmark = Benchmark(device, bank, GoalWeights.without_energy(0.4))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("TUNING", (3, 4)), ("FIRST", 1), ("SETTINGS", 2), ("FINALISTS", 2)):
            patch.setattr(rule_search, name, value)
        patch.setattr(module, "TUNING", (3, 4))
        patch.setattr(by_speed, "SHARES", (0.2, 1.4))
        patch.setattr(adversarial_table, "adversarial_missions", partial(adversarial_missions, 20.0, 60.0))
        return run_benchmark(
            benchmark,
            folder / "ppo_1.json",
            folder,
            THIS_PROCESS,
            lambda *news: reported.append(news),
            (1, 2),
        )
