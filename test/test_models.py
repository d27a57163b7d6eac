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

"""The networks that come with the package."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path
from statistics import mean

import numpy as np
import pytest

from hand_tracking_dsp.cameras.mesh.crops import CropOptions, CropStream
from hand_tracking_dsp.cameras.mesh.pictures import PictureOptions, PictureStream
from hand_tracking_dsp.evaluation.statues import DepthPicture, find_in_depth, open_tracker
from hand_tracking_dsp.resources import default_bank, named_bank, share_path
from hand_tracking_dsp.tracking import precision
from hand_tracking_dsp.tracking.backends import RuntimeOptions
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.depth_view import DepthView
from hand_tracking_dsp.tracking.losses import DEVIATION, PALMS_FOUND
from hand_tracking_dsp.tracking.manifest import Manifest, read_manifest
from hand_tracking_dsp.tracking.network_file import read_network
from hand_tracking_dsp.tracking.network_info import files_of
from hand_tracking_dsp.tracking.palm import PalmDetector
from hand_tracking_dsp.tracking.precision import choose, possible
from hand_tracking_dsp.tracking.types import Region

DOCS = Path(__file__).parents[1] / "docs"


@pytest.fixture(scope="module")
def manifest() -> Manifest:
    return read_manifest(default_bank())


def test_all_networks_together_stay_small() -> None:
    folder = share_path("models")
    assert sum(path.stat().st_size for path in folder.rglob("*") if not path.is_symlink()) < 60e6
    for path in (path for path in folder.rglob("*") if path.is_symlink()):
        # A link must hold wherever the folder is copied to.
        assert not Path(path.readlink()).is_absolute()
        assert path.is_file()


def test_every_file_is_the_one_that_the_manifest_names(manifest: Manifest) -> None:
    for network in manifest.networks:
        for info in files_of(network):
            assert read_network(manifest, info)


def test_the_near_detector_finds_what_it_was_made_for_and_runs_by_default(manifest: Manifest) -> None:
    near = manifest.near_detector
    assert near is not None
    (found,) = (one for one in near.accuracy if one.metric == "near_found_percent")
    assert found.value > 90
    detector = PalmDetector.load(manifest)
    assert detector.near is not None
    assert not detector.choice.problems


def test_the_levels_go_from_dense_to_a_third(manifest: Manifest) -> None:
    assert len(manifest.levels) >= 5
    assert manifest.levels[0].sparsity == 0
    assert manifest.levels[-1].sparsity >= 0.65
    for denser, sparser in pairwise(manifest.levels):
        assert denser.sparsity <= sparser.sparsity
        assert denser.macs > sparser.macs
    for level in manifest.levels:
        assert bool(level.keep) == (level.sparsity > 0), "what was pruned says how"


def test_every_level_has_int8_and_was_measured_in_it(manifest: Manifest) -> None:
    for level in manifest.levels:
        (integer,) = (one for one in files_of(level) if one.precision == "int8")
        assert any(one.metric == DEVIATION for one in integer.accuracy)
        assert integer.latency


def test_sparser_levels_are_faster_and_agree_less_as_recorded(manifest: Manifest) -> None:
    cpu = RuntimeOptions("onnxruntime", ("cpu",))

    def figures(index: int) -> tuple[float, float]:
        (choice,) = (one for one in possible(manifest.levels[index], cpu) if one.precision == "int8")
        deviations = {one.data: one.value for one in choice.info.accuracy if one.provider == choice.provider}
        assert len(deviations) >= 4
        here = [one for one in choice.info.latency if one.provider == choice.provider and one.threads == 1]
        return here[0].p50_ms, mean(deviations.values())

    found = [figures(index) for index in range(len(manifest.levels))]
    assert all(denser > sparser for (denser, _), (sparser, _) in pairwise(found))
    assert all(denser < sparser for (_, denser), (_, sparser) in pairwise(found))


def test_what_the_bank_says_of_where_it_comes_from_is_complete() -> None:
    bank = json.loads((default_bank() / "bank.json").read_text(encoding="utf-8"))
    assert bank["license"] == "Apache-2.0"
    for level in bank["levels"]:
        assert level["source"]["sha256"]
    for level in bank["levels"][1:]:
        assert {"pack_sha256", "pictures", "steps", "seed"} <= level["source"].keys()


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_every_level_answers(precision: str) -> None:
    runtime = RuntimeOptions("onnxruntime", ("cpu",), precision=precision)
    bank = LevelBank.load(default_bank(), runtime)
    image = np.full((240, 320, 3), 128, np.uint8)
    for level in range(len(bank.levels)):
        hand = bank.landmarks(image, Region(160.0, 120.0, 100.0, 0.0), level)
        assert np.isfinite(hand.landmarks).all()
        assert hand.presence < 0.5, "a grey picture shows no hand"


ORT = "onnxruntime/CPUExecutionProvider"
ON_X86 = {
    "onnxruntime": {"fp32": ORT, "int8": ORT},
    "openvino": {"fp32": "openvino/CPU/f32", "int8": "openvino/CPU/f32", "bf16": "openvino/CPU/bf16"},
}


@pytest.mark.parametrize(
    ("backend", "kinds"), [("onnxruntime", ["fp32", "fp32"]), ("openvino", ["bf16", "bf16"])]
)
def test_the_palm_detectors_run_as_the_documentation_says(
    manifest: Manifest, backend: str, kinds: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # So that the figures alone decide, on any machine.
    monkeypatch.setattr(precision, "has_int8_products", lambda: True)
    monkeypatch.setattr(precision, "providers_by_precision", lambda options: ON_X86[options.backend])
    runtime = RuntimeOptions(backend, ("cpu",))
    assert [network.name for network in manifest.detectors] == ["pruned", "full"]
    assert [choose(network, runtime).precision for network in manifest.detectors] == kinds
    assert choose(manifest.levels[0], runtime).precision == "int8"
    for page, sentence in (
        ("palm_detector.md", "`pruned` and `full` run in bf16 on OpenVINO and in fp32 on ONNX Runtime"),
        ("measurements.md", "level 0 runs in int8 and the palm detector in fp32"),
    ):
        assert sentence in " ".join((DOCS / page).read_text(encoding="utf-8").split())


def test_the_palms_that_both_detectors_find_are_those_of_the_documentation(manifest: Manifest) -> None:
    found = {
        network.name: {one.data: one.samples for one in network.accuracy if one.metric == PALMS_FOUND}
        for network in manifest.detectors
    }
    page = (DOCS / "palm_detector.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\w+)\b.*\| (\d+) \| (\d+) \|$", page, re.MULTILINE)
    told = {data: (int(full), int(pruned)) for data, full, pruned in rows}
    recorded = {data: (found["full"][data], found["pruned"][data]) for data in found["pruned"]}
    assert len(recorded) >= 4
    for data, counts in recorded.items():
        assert told[data.partition(" ")[0]] == counts


def test_the_default_palm_detector_is_the_pruned_one(manifest: Manifest) -> None:
    detector = PalmDetector.load(default_bank(), runtime=RuntimeOptions("onnxruntime", ("cpu",)))
    assert detector.choice.info.name == manifest.detectors[0].name == "pruned"
    assert detector.detect(np.full((240, 320, 3), 128, np.uint8)) == []


@pytest.mark.parametrize("name", ["depth", "hourglass"])
def test_the_files_of_banks_for_depth_are_those_that_they_name(name: str) -> None:
    manifest = read_manifest(named_bank(name))
    assert {level.precision for level in manifest.levels} == {"int8"}
    for network in manifest.networks:
        for info in files_of(network):
            assert read_network(manifest, info)


@pytest.mark.parametrize("name", ["depth", "hourglass"])
def test_every_level_of_the_banks_for_depth_finds_rendered_hands_in_the_dark(name: str) -> None:
    stream = PictureStream(4, PictureOptions(split="test", poses="gestures", views="palm"))
    shown = [stream.picture(number) for number in range(6)]
    pictures = [DepthPicture(DepthView(one.metres, one.camera), truth=one.truth[0]) for one in shown]
    tracker = open_tracker(named_bank(name))
    for level in range(len(read_manifest(named_bank(name)).levels)):
        found = find_in_depth(tracker, level, pictures)
        assert found.found == len(pictures)
        assert found.error_mm < 20


def test_the_bank_that_sees_depth_finds_a_rendered_hand() -> None:
    folder = named_bank("hourglass")
    bank = LevelBank.load(folder)
    options = CropOptions(
        size=256, split="test", scale_low=1.6, scale_high=1.6, noise="none", views="frontal"
    )
    crop = CropStream(1, options).crop(0)
    region, image = Region(128, 128, 160, 0), np.zeros((256, 256, 3), np.uint8)
    for level in range(len(bank.levels)):
        hand = bank.landmarks(image, region, level, depth=DepthView(crop.metres, crop.camera))
        exact = crop.joints_m - crop.joints_m.mean(0)
        assert hand.presence > 0.5
        assert np.linalg.norm(hand.world_landmarks - exact, axis=1).mean() < 0.03
    assert PalmDetector.load(folder)
