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

"""hand-tracking-dsp models adapt, as a user calls it: synthetic hands, a bank of tiny networks."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest

from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.synthetic import SyntheticScene
from hand_tracking_dsp.cli import main
from hand_tracking_dsp.commands.models import adapt
from hand_tracking_dsp.compression.bank.changes import update_manifest
from hand_tracking_dsp.compression.bank.entries import new_bank, new_level
from hand_tracking_dsp.compression.bank.files import read_files, write_bank
from hand_tracking_dsp.compression.data.crops import Crops, collect_crops
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.manifest import Manifest, read_manifest
from hand_tracking_dsp.tracking.operating_point import PointInfo


@pytest.fixture(autouse=True)
def _wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables fold nothing."""
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """20 pictures of two hands each."""
    folder = tmp_path_factory.mktemp("photos")
    scene = SyntheticScene(SourceOptions(width=320, height=240, seed=1, hands=2, absence_s=0.0))
    for i in range(20):
        cv2.imwrite(str(folder / f"{i:02}.png"), scene.frame(45 * i).image)
    return folder


@pytest.fixture(scope="module")
def bag(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same pictures on /image, a few bad messages among them, and one on /other."""
    rosbag2 = pytest.importorskip("rosbags.rosbag2", reason="rosbags is not installed: pip install rosbags")
    from rosbags.typesys import Stores, get_typestore

    store = get_typestore(Stores.ROS2_HUMBLE)
    types = store.types
    kind = "sensor_msgs/msg/CompressedImage"
    header = types["std_msgs/msg/Header"](types["builtin_interfaces/msg/Time"](0, 0), "camera")
    path = tmp_path_factory.mktemp("bags") / "kitchen"
    data = [one.read_bytes() for one in sorted(photos.iterdir())]
    with rosbag2.Writer(path, version=8, storage_plugin=rosbag2.StoragePlugin.MCAP) as writer:
        for topic, images in (("/image", [*data[:5], b"bad", *data[5:]]), ("/other", data[:1])):
            connection = writer.add_connection(topic, kind, typestore=store)
            for i, image in enumerate(images):
                message = types[kind](header, "png", np.frombuffer(image, np.uint8))
                writer.write(connection, i, store.serialize_cdr(message, kind))
    return path


@pytest.fixture(scope="module")
def hands(photos: Path) -> Crops:
    return collect_crops([photos], 400)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch, hands: Crops) -> None:
    """Look for the hands once only."""
    monkeypatch.setattr(adapt, "collect_crops", lambda *_, **__: hands)


def linear_network(noise: float, presence: float = 0.9) -> bytes:
    """A landmark network of one layer that sees a hand in every picture; it keeps the contract."""
    random = np.random.default_rng(0)
    sizes = {"landmarks": 63, "presence": 1, "handedness": 1, "world_landmarks": 63}
    nodes = [
        onnx.helper.make_node("AveragePool", ["image"], ["means"], kernel_shape=[32, 32], strides=[32, 32]),
        onnx.helper.make_node("Flatten", ["means"], ["features"]),
    ]
    weights = []
    for name, size in sizes.items():
        scale = 30.0 if size > 1 else 0.0
        values = random.normal(0, scale, (size, 147)) + noise * random.normal(0, scale, (size, 147))
        bias = random.uniform(40, 180, size) if size > 1 else np.array([presence])
        for part, value in (("w", values), ("b", bias)):
            weights.append(onnx.numpy_helper.from_array(value.astype(np.float32), f"{name}.{part}"))
        inputs = ["features", f"{name}.w", f"{name}.b"]
        nodes.append(onnx.helper.make_node("Gemm", inputs, [name], transB=1))
    image = onnx.helper.make_tensor_value_info("image", onnx.TensorProto.FLOAT, [1, 3, 224, 224])
    outputs = [
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, size])
        for name, size in sizes.items()
    ]
    graph = onnx.helper.make_graph(nodes, "linear", [image], outputs, weights)
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 13)], ir_version=8)
    return model.SerializeToString()


def make_bank(folder: Path, **networks: bytes) -> Path:
    files = {f"{name}.onnx": data for name, data in networks.items()}
    levels = [
        new_level(name, f"{name}.onnx", data, parameters=9 - i, macs=9)
        for i, (name, data) in enumerate(networks.items())
    ]
    write_bank(folder, new_bank("mine", "none", "a test", levels), files)
    return folder


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    return make_bank(tmp_path / "bank", dense=linear_network(0), half=linear_network(0.2))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def words(bank: Path, out: Path, *more: str) -> list[str]:
    return ["models", "adapt", "--bank", str(bank), "--out", str(out), "--runs", "1", *more]


def test_a_better_bank_is_made_of_a_folder(photos: Path, bank: Path, tmp_path: Path, capsys) -> None:
    before = contents(bank)
    assert main(words(bank, tmp_path / "out", "--images", str(photos), "--seed", "3")) == 0
    level = read_manifest(tmp_path / "out").levels[1]
    assert level.source["pictures"] == photos.name
    assert (level.source["crops"], level.source["seed"]) == (40, 3)
    assert level.accuracy[0].data == "user pictures, held back"
    shown = capsys.readouterr().out
    assert "never accuracy" in shown
    assert "heads refitted" in shown
    assert contents(bank) == before
    LevelBank.load(tmp_path / "out")


def test_a_bank_that_loses_its_operating_points_says_so(
    photos: Path, bank: Path, tmp_path: Path, capsys
) -> None:
    points = (PointInfo(level=0, gate=0.0, search_interval_s=0.0, cost=1.0),)
    update_manifest(read_manifest(bank), lambda now: replace(now, operating_points=points))
    assert main(words(bank, tmp_path / "out", "--images", str(photos))) == 0
    assert not read_manifest(tmp_path / "out").operating_points
    told = "".join(capsys.readouterr().out.split())
    assert f"'modelspoints--bank{tmp_path / 'out'}--clips" in told


def test_a_bag_is_as_good_as_a_folder(bag: Path, bank: Path, tmp_path: Path, capsys) -> None:
    assert main(words(bank, tmp_path / "out", "--bag", str(bag), "--topic", "/image")) == 0
    assert read_manifest(tmp_path / "out").levels[1].source["pictures"] == "kitchen"
    assert "20 of 21 images of /image were taken, 1 were bad" in capsys.readouterr().out


@pytest.mark.usefixtures("quick")
def test_the_same_seed_gives_the_same_networks(photos: Path, bank: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert main(words(bank, tmp_path / name, "--images", str(photos))) == 0
    one, two = (read_files(read_manifest(tmp_path / name)) for name in ("one", "two"))
    assert one == two


@pytest.mark.usefixtures("quick")
def test_a_bank_may_be_adapted_in_its_own_place(photos: Path, bank: Path) -> None:
    before = read_files(read_manifest(bank))
    assert main(words(bank, bank, "--images", str(photos))) == 0
    after = read_files(read_manifest(bank))
    assert after["dense.onnx"] == before["dense.onnx"]
    assert "half.onnx" not in after
    assert len(after) == 2
    assert set(contents(bank)) == {"bank.json", *after}


@pytest.mark.usefixtures("quick")
def test_where_nothing_gets_better_nothing_is_written(photos: Path, tmp_path: Path, capsys) -> None:
    same = make_bank(tmp_path / "bank", dense=linear_network(0), same=linear_network(0))
    assert main(words(same, tmp_path / "out", "--images", str(photos))) == 1
    assert "None of the 2 networks came nearer to the dense one" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("quick")
def test_a_level_that_cannot_be_adapted_is_named_and_kept(
    photos: Path, bank: Path, tmp_path: Path, capsys
) -> None:
    old = read_manifest(bank)
    other = replace(old.levels[1], index=2, name="other", file="other.onnx", precision="bf16")
    files = {**read_files(old), "other.onnx": read_files(old)["half.onnx"]}
    write_bank(bank, replace(old, levels=(*old.levels, other)), files)
    assert main(words(bank, tmp_path / "out", "--images", str(photos))) == 0
    assert (
        "Level 2 (other) is passed over and stays as it is: it has files in bf16" in capsys.readouterr().out
    )
    new = read_manifest(tmp_path / "out")
    assert read_files(new)["other.onnx"] == files["other.onnx"]


@pytest.mark.usefixtures("quick")
def test_only_the_densest_levels_are_taken(photos: Path, tmp_path: Path) -> None:
    three = make_bank(
        tmp_path / "bank", dense=linear_network(0), half=linear_network(0.2), third=linear_network(0.3)
    )
    assert main(words(three, tmp_path / "out", "--images", str(photos), "--levels", "2")) == 0
    assert [level.name for level in read_manifest(tmp_path / "out").levels] == ["dense", "half"]


@pytest.mark.usefixtures("quick")
def test_levels_made_for_targets_take_the_place_of_the_old_ones(
    photos: Path, bank: Path, tmp_path: Path, monkeypatch
) -> None:
    def prune(_bank: Manifest, made: Path, crops, _options) -> list[str]:
        assert 24 <= len(crops) < 40
        make_bank(made, dense=linear_network(0), fast=linear_network(0.1))
        return ["fast"]

    monkeypatch.setattr(adapt, "_prune", prune)
    assert main(words(bank, tmp_path / "out", "--images", str(photos), "--target", "0.5")) == 0
    assert [level.name for level in read_manifest(tmp_path / "out").levels] == ["dense", "fast"]


def blank(path: Path) -> Path:
    path.mkdir()
    for i in range(3):
        cv2.imwrite(str(path / f"{i}.png"), np.full((240, 320, 3), 90, np.uint8))
    return path


def empty(path: Path) -> Path:
    path.mkdir()
    return path


def broken(path: Path) -> Path:
    path.mkdir()
    (path / "cut_off.jpg").write_bytes(b"\xff\xd8")
    cv2.imwrite(str(path / "tiny.png"), np.zeros((1, 1, 3), np.uint8))
    return path


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: path, "There is no folder"),
        (empty, "There is no image"),
        (blank, r"Only 0 usable hands were found in 3 pictures of .* (0 unreadable, 3 without a hand"),
        (broken, r"Only 0 usable hands were found in 2 pictures of .* (1 unreadable, 1 without a hand"),
    ],
)
def test_pictures_that_will_not_do_are_refused(
    bank: Path, tmp_path: Path, capsys, make: Callable[[Path], Path], message: str
) -> None:
    before = contents(bank)
    folder = make(tmp_path / "pictures")
    assert main(words(bank, tmp_path / "out", "--images", str(folder))) == 1
    error = capsys.readouterr().err
    assert len(error.splitlines()) == 1
    assert all(part in error for part in message.split(".*"))
    assert contents(bank) == before
    assert not (tmp_path / "out").exists()


def test_too_few_hands_are_refused(photos: Path, bank: Path, tmp_path: Path, capsys) -> None:
    few = empty(tmp_path / "few")
    for path in sorted(photos.iterdir())[:3]:
        shutil.copy(path, few)
    assert main(words(bank, tmp_path / "out", "--images", str(few))) == 1
    assert "give pictures with at least 32 hands" in capsys.readouterr().err


def test_pictures_of_one_scene_are_refused(photos: Path, bank: Path, tmp_path: Path, capsys) -> None:
    """Variants of one original, as data sets name them."""
    alike = empty(tmp_path / "alike")
    for i, path in enumerate(sorted(photos.iterdir())):
        shutil.copy(path, alike / f"one.rf.{i}.png")
    assert main(words(bank, bank, "--images", str(alike))) == 1
    assert "they are of one picture or scene; give more pictures" in capsys.readouterr().err


@pytest.mark.usefixtures("quick")
def test_a_dense_network_without_hands_is_refused(photos: Path, tmp_path: Path, capsys) -> None:
    blind = make_bank(tmp_path / "bank", dense=linear_network(0, presence=0.1), half=linear_network(0.2))
    assert main(words(blind, tmp_path / "out", "--images", str(photos))) == 1
    assert "sees a hand in 0 of 40 crops only" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--count", "31"], "--count is 31: it must be at least 32"),
        (["--runs", "0"], "--runs is 0"),
        (["--levels", "1"], "--levels is 1: it must be at least 2"),
        (["--topic", "/image"], "of no use without --bag"),
        (["--target", "0.5", "--levels", "2"], "exclude each other"),
        (["--target", "-1"], "latency is -1.0: it must be above 0"),
        (["--target", "1.5"], "latency is 1.5: it must be above 0 and at most 1"),
        (["--bank", "nowhere"], "nowhere/bank.json cannot be read"),
        (["--bank", "hourglass"], "The bank hourglass sees depth, which pictures have not"),
    ],
)
def test_bad_options_are_refused_at_once(
    photos: Path, bank: Path, tmp_path: Path, capsys, more: list[str], message: str
) -> None:
    assert main(words(bank, tmp_path / "out", "--images", str(photos), *more)) == 1
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("place", ["file", "file/out", "file/a/b"])
def test_a_place_that_cannot_be_written_is_refused_at_once(
    photos: Path, bank: Path, tmp_path: Path, capsys, place: str
) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert main(words(bank, tmp_path / place, "--images", str(photos))) == 1
    error = capsys.readouterr().err
    assert "cannot be written" in error
    assert len(error.splitlines()) == 1


@pytest.mark.parametrize(
    ("bad", "message"),
    [(b"no network", "half.onnx is not an ONNX file"), (None, "The network half.onnx takes")],
)
def test_a_corrupt_or_foreign_network_in_the_bank_is_refused(
    photos: Path, tmp_path: Path, capsys, bad: bytes | None, message: str
) -> None:
    palm = Path(__file__).parents[3] / "models" / "mediapipe" / "palm_lite.onnx"
    wrong = make_bank(tmp_path / "bank", dense=linear_network(0), half=bad or palm.read_bytes())
    assert main(words(wrong, tmp_path / "out", "--images", str(photos))) == 1
    assert message in capsys.readouterr().err


def test_a_damaged_bank_is_refused(photos: Path, bank: Path, tmp_path: Path, capsys) -> None:
    (bank / "half.onnx").write_bytes(b"changed")
    assert main(words(bank, tmp_path / "out", "--images", str(photos))) == 1
    assert "is not the one that bank.json names" in capsys.readouterr().err


def test_bags_that_will_not_do_are_refused(bag: Path, bank: Path, tmp_path: Path, capsys) -> None:
    assert main(words(bank, tmp_path / "out", "--bag", str(bag))) == 1
    assert "has images on /image, /other: choose one with --topic" in capsys.readouterr().err
    cut_off = Path(shutil.copytree(bag, tmp_path / "cut_off"))
    data = next(cut_off.glob("*.mcap"))
    data.write_bytes(data.read_bytes()[: data.stat().st_size // 2])
    assert main(words(bank, tmp_path / "out", "--bag", str(cut_off))) == 1
    said = capsys.readouterr()
    assert "The bag is damaged: " in said.out
    assert "usable hands were found" in said.err
    assert not (tmp_path / "out").exists()
