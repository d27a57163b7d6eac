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

"""What is measured of every network."""

import json

import numpy as np
import pytest
from support.networks import original_network

from hand_tracking_dsp.compression.bank.deviation import predict
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.baselines import measure as figures
from hand_tracking_dsp.compression.baselines.measure import EvaluationSet, evaluate_networks, time_all
from hand_tracking_dsp.compression.data.synthetic import synthetic_hands
from hand_tracking_dsp.compression.distillation.error_head import ErrorHead, with_error_head
from hand_tracking_dsp.compression.input_size import InputSize
from hand_tracking_dsp.evaluation.executor import THIS_PROCESS, Executor
from hand_tracking_dsp.tracking.backends import RuntimeOptions


@pytest.fixture(scope="module")
def networks(mediapipe):
    return {name: (mediapipe / f"hand_{name}.onnx").read_bytes() for name in ("full", "lite")}


@pytest.fixture(scope="module")
def sets(networks):
    crops, truth = synthetic_hands(6)
    reference = predict(open_exact(networks["full"]), crops.images)
    return [
        EvaluationSet("photos", crops.images, reference),
        EvaluationSet("synthetic", crops.images, reference, truth),
    ]


def test_the_dense_network_deviates_from_the_truth_but_not_from_itself(networks, sets, tmp_path):
    found = evaluate_networks([networks["full"]], sets, tmp_path)[0]
    assert found["photos"] == {"deviation": 0, "deviation_median": 0, "deviation_p95": 0}
    assert found["synthetic"]["deviation"] == 0
    assert 0 < found["synthetic"]["error_median"] < 40


def test_another_network_deviates(networks, sets, tmp_path):
    found = evaluate_networks([networks["lite"]], sets, tmp_path)[0]["photos"]
    assert 0 < found["deviation_median"] <= found["deviation_p95"]


def test_a_network_with_a_smaller_input_is_measured_in_pixels_of_the_crops(networks, sets, tmp_path):
    """Its landmarks are in pixels of its own input; a fifth output is passed over."""
    model = InputSize(192, 192).of(original_network("hand_full.onnx"))
    small = with_error_head(model, ErrorHead(512))
    found = evaluate_networks([small.SerializeToString()], sets, tmp_path)[0]
    assert 0 < found["photos"]["deviation"] < 15
    assert found["synthetic"]["error_median"] < 40
    times = time_all({"full": networks["full"], "small": small.SerializeToString()}, (1,), 2)
    assert [len(times[name]) for name in ("full", "small")] == [len(figures.runtimes_here())] * 2


def test_figures_are_kept_by_what_was_measured(networks, sets, tmp_path, monkeypatch):
    first = evaluate_networks([networks["lite"]], sets, tmp_path)
    monkeypatch.setattr(figures, "open_exact", lambda _: pytest.fail("measured again"))
    assert evaluate_networks([networks["lite"]], sets, tmp_path) == first
    assert all(json.loads(path.read_text(encoding="utf-8")) for path in tmp_path.iterdir())
    other = EvaluationSet("photos", np.zeros_like(sets[0].images), sets[0].reference)
    with pytest.raises(pytest.fail.Exception, match="measured again"):
        evaluate_networks([networks["lite"]], [other], tmp_path)


def test_processes_measure_the_same_and_keep_it(networks, sets, tmp_path):
    models, progress = list(networks.values()), []
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
    alone = evaluate_networks(models, sets, tmp_path / "here", THIS_PROCESS)
    told = lambda *counts: progress.append(counts)  # noqa: E731
    assert evaluate_networks(models, sets, tmp_path / "there", Executor(2), told) == alone
    assert progress == [(1, 2), (2, 2)]
    assert evaluate_networks(models, sets, tmp_path / "there", Executor(2), told) == alone
    assert len(progress) == 2


def test_all_networks_are_timed_on_every_runtime_with_every_number_of_threads(networks, monkeypatch):
    runtimes = [RuntimeOptions("onnxruntime", ("cpu",)), RuntimeOptions("onnxruntime", ("cpu",))]
    monkeypatch.setattr(figures, "runtimes_here", lambda: runtimes)
    turns = []
    found = time_all(networks, (1, 2), 4, lambda *turn: turns.append(turn))
    assert list(found) == ["full", "lite"]
    assert [one["threads"] for one in found["lite"]] == [1, 1, 2, 2]
    assert all(one["relative"] == 1 for one in found["full"])
    assert all(one["p99_ms"] >= one["p50_ms"] > 0 and one["runs"] == 4 for one in found["lite"])
    assert turns[0] == ("onnxruntime/CPUExecutionProvider, 1 thread(s)", 1, 2)
