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

"""Training of hourglasses: it learns, stops and goes on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="PyTorch is not installed: make setup-lab")

import torch

from hand_tracking_dsp.compression.hourglass.augment import NO_AUGMENTATION
from hand_tracking_dsp.compression.hourglass.evaluate import exit_errors_mm
from hand_tracking_dsp.compression.hourglass.network import HourglassNetwork
from hand_tracking_dsp.compression.hourglass.samples import DepthSamples
from hand_tracking_dsp.compression.hourglass.stacks import small_options
from hand_tracking_dsp.compression.hourglass.train import (
    HourglassTrainer,
    HourglassTrainingOptions,
    trained_network,
    write_network,
)
from hand_tracking_dsp.errors import ConfigurationError

OPTIONS = HourglassTrainingOptions(
    steps=12,
    batch=12,
    learning_rate=5e-3,
    warmup=2,
    average=0.5,
    check_every=4,
    augmentation=NO_AUGMENTATION,
)


def ignore(*_: object) -> None:
    """Take progress."""


def network(stacks: int = 1) -> HourglassNetwork:
    torch.manual_seed(0)
    return HourglassNetwork(small_options(16, stacks))


def test_a_few_samples_are_learned(samples: DepthSamples, tmp_path: Path) -> None:
    before = exit_errors_mm(network(), samples)
    trainer = HourglassTrainer(network(), samples, samples, tmp_path, OPTIONS)
    after = trainer.train(ignore)
    assert after["stack1_l4"] < 0.95 * before["stack1_l4"]
    assert [entry["step"] for entry in trainer.curve] == [4, 8, 12]
    assert exit_errors_mm(trained_network(tmp_path / "checkpoint.pt"), samples) == pytest.approx(after)


def test_a_training_goes_on_where_it_stopped(samples: DepthSamples, tmp_path: Path) -> None:
    HourglassTrainer(network(), samples, samples, tmp_path, replace(OPTIONS, steps=4)).train(ignore)
    trainer = HourglassTrainer(network(), samples, samples, tmp_path, replace(OPTIONS, steps=8))
    trainer.train(ignore)
    assert [entry["step"] for entry in trainer.curve] == [4, 8]


def test_a_checkpoint_of_another_network_is_refused(samples: DepthSamples, tmp_path: Path) -> None:
    HourglassTrainer(network(), samples, samples, tmp_path, replace(OPTIONS, steps=1)).train(ignore)
    with pytest.raises(ConfigurationError, match="is of another network"):
        HourglassTrainer(network(2), samples, samples, tmp_path, OPTIONS)


def test_without_deep_supervision_the_last_exit_counts_alone(samples: DepthSamples, tmp_path: Path) -> None:
    options = replace(OPTIONS, steps=1, deep=False)
    trainer = HourglassTrainer(network(), samples, samples, tmp_path, options)
    trainer.train(ignore)
    assert list(trainer.curve[0]["loss"]) == ["stack1_l4"]


def test_the_rate_rises_stays_and_falls_to_nothing() -> None:
    rates = [OPTIONS.rate(step) for step in range(OPTIONS.steps + 1)]
    assert rates[0] == OPTIONS.learning_rate / 2
    assert rates[2] == rates[4] == max(rates)
    assert rates[5:] == sorted(rates[5:], reverse=True)
    assert rates[-1] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("content", [b"", b"not a checkpoint"])
def test_a_damaged_checkpoint_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "checkpoint.pt"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        trained_network(path)


def test_a_written_network_is_read_again(tmp_path: Path) -> None:
    made = network(2)
    write_network(made, tmp_path / "pruned.pt")
    again = trained_network(tmp_path / "pruned.pt")
    assert again.options == made.options
    for name, value in made.state_dict().items():
        assert torch.equal(again.state_dict()[name], value)
