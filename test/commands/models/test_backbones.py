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

"""The command that prunes backbones on signs."""

import json
from importlib.util import find_spec

import pytest
from support.signs import draw_signs

from hand_tracking_dsp.cli import main
from hand_tracking_dsp.commands.models import backbones as command

needs_libraries = pytest.mark.skipif(
    not all(map(find_spec, command._LIBRARIES)),
    reason="PyTorch, Torch-Pruning or stable-baselines3 is not installed: make setup-lab adds them",
)
QUICK = ("--epochs=1", "--tuning-epochs=0", "--episodes=1", "--seeds=2", "--feedback=4", "--runs=1")


@pytest.fixture(scope="module")
def signs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "signs"
    draw_signs(folder)
    return folder


def arguments(signs, out, *more):
    return ["models", "backbones", "--images", str(signs), "--out", str(out), *more]


@needs_libraries
def test_the_table_is_printed_and_written_and_not_worked_out_twice(signs, tmp_path, capsys, monkeypatch):
    wanted = arguments(signs, tmp_path, "--networks", "squeezenet", "--energy", "estimate", *QUICK)
    assert main(wanted) == 0
    shown = capsys.readouterr().out
    for words in ("none", "L1", "magnitude", "random", "AKPERL", "squeezenet", "estimated", "±"):
        assert words in shown
    assert "signs: 3 signs; 36 train, 12 validation, 12 test; split by folder (10)." in shown
    content = json.loads((tmp_path / "backbones.json").read_text(encoding="utf-8"))
    (result,) = content["results"]
    methods = ["none", "L1", "magnitude", "random", "AKPERL"]
    assert [one["method"] for one in result["networks"]] == methods * 2
    assert result["networks"][0]["joules"] is None
    assert "estimated" in content["power"]
    assert content["settings"]["sparsity"] == 0.45
    pruned = [one for one in result["networks"] if one["method"] != "none"]
    assert all(one["sparsity"] > 0.42 and one["macs"] < 0.58 for one in pruned)
    assert len(result["evaluations"]) == 2

    def never(*_, **__):
        raise AssertionError

    monkeypatch.setattr("hand_tracking_dsp.compression.backbones.study.BackboneStudy.prune", never)
    assert main(wanted) == 0
    assert json.loads((tmp_path / "backbones.json").read_text(encoding="utf-8")) == content
    assert main([*wanted, "--seeds", "1"]) == 0
    for other in (["--sparsity", "0.3"], ["--macs", "1"], ["--seeds", "3"]):
        with pytest.raises(AssertionError):
            main([*wanted, *other])


@needs_libraries
def test_networks_are_compared_over_all_of_them(signs, tmp_path, capsys, monkeypatch):
    from hand_tracking_dsp.compression.backbones import results, study

    accuracies = dict(zip(results.METHODS, (0.9, 0.8, 0.8, 0.85, 0.87), strict=True))

    class Quick:
        def __init__(self, name, *_):
            self._gain = 0.01 * len(name)

        def prune(self, seed, *_):
            networks = [
                results.PrunedBackbone(method, seed, (), 0.45, 0.55, 0.5, value + seed * self._gain)
                for method, value in accuracies.items()
            ]
            return results.BackboneResult("any", signs.name, 100, 1000, [], [5], networks)

    monkeypatch.setattr(study, "dense_backbone", lambda *_: None)
    monkeypatch.setattr(study, "BackboneStudy", Quick)
    assert main(arguments(signs, tmp_path, *QUICK, "--networks", "squeezenet", "mobilenet-v3")) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "over 2 pairs of data set and network (means over seeds)" in shown
    for method, difference in (("none", "-3.0"), ("L1", "+7.0"), ("magnitude", "+7.0"), ("random", "+2.0")):
        assert f"AKPERL less {method}: {difference}" in shown


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--epochs", "0"], "--epochs is 0: it must be at least 1"),
        (["--tuning-epochs", "-1"], "--tuning-epochs is -1: it must be at least 0"),
        (["--episodes", "0"], "--episodes is 0: it must be at least 1"),
        (["--seeds", "0"], "--seeds is 0: it must be at least 1"),
        (["--seed", "-1"], "--seed is -1: it must be at least 0"),
        (["--count", "-5"], "--count is -5: it must be at least 0"),
        (["--feedback", "0"], "--feedback is 0: it must be at least 1"),
        (["--runs", "0"], "--runs is 0: it must be at least 1"),
        (["--sparsity", "0"], "--sparsity is 0: it must be above 0 and below 0.9"),
        (["--macs", "0.2"], "--macs is 0.2: it must be above 0.2 and at most 1"),
        (["--macs", "nan"], "--macs is nan: it must be above 0.2 and at most 1"),
        (["--sparsity", "nan"], "--sparsity is nan: it must be above 0 and below 0.9"),
    ],
)
def test_refuses_bad_options_and_writes_nothing(signs, tmp_path, capsys, more, message):
    assert main(arguments(signs, tmp_path / "out", *more)) == 1
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_without_a_library_the_sentence_says_what_to_do(signs, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(command, "find_spec", lambda _: None)
    assert main(arguments(signs, tmp_path)) == 1
    assert "need torch, which is not installed: run make setup-lab." in capsys.readouterr().err


@needs_libraries
def test_a_folder_that_is_not_there_is_refused(tmp_path, capsys):
    assert main(arguments(tmp_path / "missing", tmp_path)) == 1
    assert "There is no folder" in capsys.readouterr().err
