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

"""The comparison with other methods, on networks and pictures that are quick."""

import json
import math
import subprocess
import sys
from importlib.util import find_spec

import cv2
import numpy as np
import pytest

from hand_tracking_dsp.cli import main
from hand_tracking_dsp.commands.catalogue import every_command, module_of
from hand_tracking_dsp.commands.models import baselines as command

needs_torch = pytest.mark.skipif(
    find_spec("torch") is None, reason="PyTorch is not installed: make setup-lab adds it"
)


def row(name, family, ratio, relative, deviation):
    """A network of the table, as compression.baselines.comparison returns it."""
    times = {"p50_ms": 7.0 * relative, "p95_ms": 8.0, "p99_ms": 9.0, "runs": 6, "relative": relative}
    figures = {"deviation": deviation, "deviation_median": deviation, "deviation_p95": deviation}
    found = {
        "name": name,
        "label": f"{family} {name}",
        "family": family,
        "asked_latency_ratio": ratio,
        "training_steps": 5 if ratio else 0,
        "precision": "fp32",
        "input_size": 192,
        "parameters": 1000,
        "sparsity": 0.5,
        "macs": 2_000_000,
        "bytes": 4000,
        "sha256": "0",
        "figures": {"photos": figures, "synthetic hands": {**figures, "error": 9.5, "error_median": 9.0}},
        "latency": [{"provider": "onnxruntime/CPUExecutionProvider", "threads": 1, **times}],
    }
    if ratio:
        found["figures_before_training"] = {
            "photos": {"deviation": 46.0},
            "synthetic hands": {"deviation": 44.0},
        }
    return found


@pytest.fixture
def made(monkeypatch):
    """Make and measure nothing: the tests of compression.baselines do."""
    from hand_tracking_dsp.compression.baselines import comparison

    asked = []

    def compare(options, work, report):
        asked.append((options, work))
        report("training a baseline", 1, 2, "photos 12.5")
        if "measure" not in options.stages:
            return comparison.ComparedNetworks([], "a card" if "train" in options.stages else "")
        rows = [row("full", "MediaPipe", None, 1.0, 0.0), row("l1", "baseline", 0.5, 0.49, 12.5)]
        return comparison.ComparedNetworks(rows, "a card")

    monkeypatch.setattr(comparison, "compare", compare)
    return asked


def arguments(tmp_path, *more):
    return ["models", "baselines", "--work", str(tmp_path / "work"), "--out", str(tmp_path / "out"), *more]


@needs_torch
def test_the_table_is_printed_and_written_with_its_plot(made, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    assert main(arguments(tmp_path, "--latency-ratio", "0.4", "0.5", "--steps", "30", "--batch", "16")) == 0
    shown = capsys.readouterr().out
    assert "agreement with the dense network, not accuracy" in shown
    assert "12.50 (46.0)" in shown
    assert "training a baseline, 1 of 2: photos 12.5" in shown
    content = json.loads((tmp_path / "out" / "baselines.json").read_text(encoding="utf-8"))
    assert [one["name"] for one in content["networks"]] == ["full", "l1"]
    note = (
        "calibrated and trained on synthetic hands alone; 30 steps of 16 samples each, all blocks; agreement"
    )
    assert content["note"].startswith(note)
    assert content["trained_on"] == "a card"
    settings = {name: content["settings"][name] for name in ("steps", "batch", "rate", "hands", "pack")}
    assert settings == {"steps": 30, "batch": 16, "rate": 0.0004, "hands": 16384, "pack": None}
    assert (tmp_path / "out" / "baselines.png").read_bytes().startswith(b"\x89PNG")
    ((options, work),) = made
    assert options.ratios == (0.5, 0.4)
    assert (options.training.steps, options.training.batch) == (30, 16)
    assert options.train_s == math.inf
    assert work == tmp_path / "work"


@needs_torch
@pytest.mark.parametrize(
    ("stages", "state"), [(["prune"], "not trained to the end yet"), (["train"], "trained, on a card")]
)
def test_single_stages_say_how_far_training_is_and_write_no_table(made, tmp_path, capsys, stages, state):
    command = ["models", "baselines", "--work", str(tmp_path), "--stages", *stages, "--minutes", "9"]
    assert main(command) == 0
    assert state in " ".join(capsys.readouterr().out.split())
    assert not list(tmp_path.iterdir())
    ((options, _),) = made
    assert options.stages == tuple(stages)
    assert options.train_s == 540
    assert options.ratios == (0.75, 0.5)


@needs_torch
def test_without_out_the_table_goes_to_the_work_folder(made, tmp_path):
    assert main(["models", "baselines", "--work", str(tmp_path)]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {"baselines.json", "baselines.png"}
    assert made


@needs_torch
def test_training_before_pruning_says_what_to_do(tmp_path, capsys):
    assert main(["models", "baselines", "--work", str(tmp_path), "--stages", "train"]) == 1
    assert "lacks l1_750_start.onnx: run the stage prune for these ratios first" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--steps", "0"], "--steps is 0: it must be at least 1"),
        (["--crops", "31"], "--crops is 31: it must be at least 32"),
        (["--hands", "0"], "--hands is 0: it must be at least 1"),
        (["--rate", "0"], "--rate is 0.0: it must be above 0"),
        (["--latency-ratio", "0.5", "0"], "--latency-ratio is 0.0: it must be above 0 and at most 1"),
        (["--latency-ratio", "1.5"], "--latency-ratio is 1.5"),
        (["--minutes", "0"], "--minutes is 0.0: it must be above 0"),
        (["--threads", "-1"], "--threads is -1"),
    ],
)
def test_refuses_bad_options_and_writes_nothing(tmp_path, capsys, more, message):
    assert main(arguments(tmp_path, *more)) == 1
    assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_without_pytorch_the_sentence_says_what_to_do(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(command, "find_spec", lambda _: None)
    assert main(arguments(tmp_path)) == 1
    assert "PyTorch, which is not installed: run make setup-lab." in capsys.readouterr().err


def test_no_command_loads_pytorch_before_it_runs():
    """On a robot there is none."""
    pytest.importorskip("onnx", reason="onnx is not installed: pip install onnx")
    modules = ", ".join(module_of(*words) for words in every_command())
    code = f"import sys; import {modules}; print([name for name in sys.modules if name.startswith('torch')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "[]\n", done.stderr


@needs_torch
def test_a_folder_without_hands_is_refused(tmp_path, capsys):
    (tmp_path / "pictures").mkdir()
    for i in range(3):
        cv2.imwrite(str(tmp_path / "pictures" / f"{i}.png"), np.zeros((100, 100, 3), np.uint8))
    assert main(arguments(tmp_path, "--images", str(tmp_path / "pictures"))) == 1
    assert "Only 0 usable hands were found in 3 pictures" in capsys.readouterr().err


@needs_torch
def test_a_work_folder_of_other_options_is_refused(tmp_path, capsys):
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "options.json").write_text("{}\n", encoding="utf-8")
    assert main(arguments(tmp_path)) == 1
    assert "was begun with other options" in capsys.readouterr().err
