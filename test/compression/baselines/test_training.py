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

"""Training of all networks together: the same for each, and taken up wherever it was done."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.baselines.data import pack_path
from hand_tracking_dsp.compression.baselines.methods import network_path
from hand_tracking_dsp.compression.baselines.training import BaselineTraining, BaselineTrainingOptions
from hand_tracking_dsp.compression.data.picture_pack import PackedPicture, PictureKind, encoded, write_pack
from hand_tracking_dsp.compression.distillation.batch_geometry import SIZE
from hand_tracking_dsp.compression.input_size import InputSize
from hand_tracking_dsp.compression.onnx_graph import read_weights, write_weights
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.files import write_bytes
from hand_tracking_dsp.tracking.composition.onnx_changes import copied, serialized
from hand_tracking_dsp.tracking.types import Region

OPTIONS = BaselineTrainingOptions(steps=3, batch=4, hands=8)


def picture(kind, seed):
    image = np.random.default_rng(seed).integers(0, 256, (64, 64, 3), np.uint8)
    region = Region(32, 32, 42, 0.1) if kind is PictureKind.HAND else None
    return PackedPicture(encoded(image, 80), kind, region, "noise", "noise/1")


HANDS = [picture(PictureKind.HAND, seed) for seed in range(3)]
EMPTY, CROP = picture(PictureKind.EMPTY, 5), picture(PictureKind.CROP, 6)


def mostly_one_hand(network, factor=0.01):
    """Let a network find nearly the same joints everywhere, so that it agrees with itself."""
    other = copied(network)
    joints = np.random.default_rng(0).uniform(40, 180, 63).astype(np.float32)
    weight = read_weights(network)["head.landmarks.w"] * np.float32(factor)
    write_weights(other, {"head.landmarks.w": weight, "head.landmarks.b": joints})
    return other


@pytest.fixture
def training(network, tmp_path):
    """Train two networks that are alike and one that is not."""
    network = InputSize(SIZE, SIZE).of(network)
    dense = mostly_one_hand(network)
    write_bytes(network_path(tmp_path, "dense"), serialized(dense))
    write_pack(pack_path(tmp_path), [*HANDS, EMPTY, CROP])
    starts = {"l1_750": network, "l1_500": network, "ours_500": dense}
    return BaselineTraining(tmp_path, starts, OPTIONS)


def quiet(*_):
    pass


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Folder of what has been trained once for all tests here."""
    return tmp_path_factory.mktemp("kept") / "training"


@pytest.fixture
def finished(training, kept):
    """Give the same training with its networks."""
    folder = training.work / "training"
    if kept.exists():
        shutil.copytree(kept, folder)
    else:
        assert training.run("cpu", quiet)
        shutil.copytree(folder, kept)
    return training


def test_networks_that_begin_alike_end_alike_because_all_see_the_same(finished):
    trained, starts = finished.trained(), finished.starts
    assert list(trained) == ["l1_750", "l1_500", "ours_500"]
    assert serialized(trained["l1_750"]) == serialized(trained["l1_500"])
    assert serialized(trained["l1_750"]) != serialized(starts["l1_750"])
    assert serialized(trained["ours_500"]) != serialized(trained["l1_500"])
    outputs = [one.name for one in starts["l1_750"].graph.output]
    assert [one.name for one in open_exact(trained["l1_750"]).outputs] == outputs, "no head is added"
    assert finished.trained_on


def test_progress_and_figures_of_each_network_are_reported(training):
    reports = []
    training.run("cpu", lambda *report: reports.append(report))
    steps = [done for what, done, of, line in reports if (what, of, line) == ("training 3 networks", 3, "")]
    assert steps == [1, 2, 3]
    lines = [line for _, _, _, line in reports if line]
    for name in training.starts:
        shown = [line for line in lines if name in line]
        assert len(shown) >= 2
        assert "loss" in shown[-1]
        assert "noise" in shown[-1], "the set of the packed crops"


def test_a_finished_training_does_nothing_more(finished):
    assert finished.run("cpu", lambda *_: pytest.fail("trained again"))


def test_a_training_that_ran_out_of_time_goes_on(training):
    assert not training.run("cpu", quiet, stop_after_s=0.0)
    assert not training.finished
    with pytest.raises(ConfigurationError, match=r"not trained yet: run the stage train there first"):
        training.trained()
    assert training.run("cpu", quiet)
    assert training.trained()


def test_networks_trained_on_another_machine_are_taken_up(finished, tmp_path):
    """The pruned networks and the pictures are all that is carried there, and one folder back."""
    here = tmp_path / "here"
    shutil.copytree(tmp_path / "networks", here / "networks")
    shutil.copy(pack_path(tmp_path), pack_path(here))
    shutil.move(tmp_path / "training", here / "training")
    (here / "training" / "checkpoint.pt").unlink()
    assert {*replace(finished, work=here).trained()} == {*finished.starts}
    fewer = replace(finished, work=here, starts={"ours_500": finished.starts["ours_500"]})
    assert [*fewer.trained()] == ["ours_500"], "one ratio of those that were trained together"


OTHERS = {
    "steps": lambda one: replace(one, options=replace(one.options, steps=4)),
    "batch": lambda one: replace(one, options=replace(one.options, batch=5)),
    "another start": lambda one: replace(
        one, starts={**one.starts, "l1_750": mostly_one_hand(one.starts["l1_750"], 0.9)}
    ),
    "one more": lambda one: replace(one, starts={**one.starts, "random_500": one.starts["l1_750"]}),
}


@pytest.mark.parametrize("change", OTHERS.values(), ids=OTHERS)
def test_networks_that_were_trained_otherwise_are_refused(finished, change):
    other = change(finished)
    for use in (other.trained, lambda: other.run("cpu", quiet)):
        with pytest.raises(
            ConfigurationError, match=r"trained with other options, pictures or pruned networks"
        ):
            use()


def test_networks_that_were_trained_on_other_pictures_are_refused(finished, tmp_path):
    write_pack(pack_path(tmp_path), [HANDS[0], EMPTY])
    with pytest.raises(ConfigurationError, match=r"trained with other options, pictures"):
        finished.trained()


@pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_bytes(b"another network")])
def test_a_network_that_is_missing_or_another_one_is_named(finished, tmp_path, harm):
    harm(tmp_path / "training" / "l1_500.onnx")
    with pytest.raises(ConfigurationError, match=r"l1_500\.onnx is not the network that was trained: bring"):
        finished.trained()


@pytest.mark.parametrize("pictures", [HANDS, [EMPTY, CROP]], ids=["no empty one", "no hand"])
def test_pictures_without_hands_or_with_hands_alone_are_refused(training, tmp_path, pictures):
    write_pack(pack_path(tmp_path), pictures)
    with pytest.raises(ConfigurationError, match=r"pack\.npz lack hands, or pictures without a hand"):
        training.run("cpu", quiet)
