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

"""Whole files of the kinds that the commands read, and the command that reads each."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import cv2
import zstandard

from faults.sample_bags import ros1_bag, with_lz4
from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.synthetic import SyntheticHandSource
from hand_tracking_dsp.cli import main
from hand_tracking_dsp.errors import HandTrackingError
from hand_tracking_dsp.files import write_table
from hand_tracking_dsp.gestures.examples import OwnGesture, save_gestures
from hand_tracking_dsp.gestures.features import VECTOR_LENGTH
from hand_tracking_dsp.messages.frame_cost import FrameCost
from hand_tracking_dsp.recordings.bags.definitions import BAG_MESSAGES
from hand_tracking_dsp.recordings.bags.writer import BagWriter
from hand_tracking_dsp.recordings.trace import Trace
from hand_tracking_dsp.resources import DEFAULT_BANK, DEFAULT_POLICY, original_bank, share_path

_SIZE = ("--width", "160", "--height", "120")
_SUFFIXES = ("png", "jpg", "bmp", "webp", "tiff", "ppm", "gif")
_GESTURE_PARAMETERS = """
/**/gesture_node: {ros__parameters: {min_score: 0.6, hold_on_s: 0.2}}
"/robot/gesture_teleop_node": {ros__parameters: {rate_hz: 60.0, stamped: true}}
gesture_trigger_node:
  ros__parameters:
    bindings: ["victory held 1.0 -> set pruning_controller_node operator_level 0"]
"""
_BOX = ("xmin", "ymin", "xmax", "ymax")


@dataclass(frozen=True, slots=True)
class Sample:
    """A whole file, and what reads it.

    Attributes:
        kind: For people.
        path: The file, damaged in place and put back.
        words: The command line that reads it.
        weight: How often it is chosen beside the others.
        stop_s: Seconds after which a command that runs on is asked to stop; None: it ends by itself.
        settle: Function called with the file damaged, to make others fit it; None: none have to.
    """

    kind: str
    path: Path
    words: tuple[str, ...]
    weight: int = 10
    stop_s: float | None = None
    settle: Callable[[], None] | None = None


def make_samples(folder: Path) -> list[Sample]:
    """Make files of all kinds in a folder.

    Raises:
        HandTrackingError: A command that makes one failed.
    """
    out = str(folder / "out")
    evaluate = ("evaluate", "--jobs", "1", "--out", out)
    bags = _bags(folder)
    tiny = str(bags["mcap"].parent)
    bank = folder / "bank"
    shutil.copytree(share_path(DEFAULT_BANK), bank)
    manifest = bank / "bank.json"
    networks = [bank / each["file"] for each in _networks(json.loads(manifest.read_text(encoding="utf-8")))]
    tracked = (*evaluate, tiny, "--bank", str(bank))
    report = folder / "report"
    _run("evaluate", "--jobs", "1", "--out", str(report), tiny)
    compare = ("compare", str(report), str(report))
    return [
        Sample("bank.json", manifest, ("models", "list", "--bank", str(bank)), 30),
        Sample("bank.json, tracked with", manifest, tracked, 3),
        *(Sample("network", each, tracked, 1) for each in networks),
        *(
            Sample("network and its sha256", each, tracked, 3, settle=partial(_rehash, manifest, each))
            for each in networks
        ),
        *_policies(folder, evaluate, tiny, out),
        Sample("report.json", report / "report.json", compare, 20),
        Sample("frames.csv", report / "frames.csv", compare, 20),
        *(Sample(f"bag, {name}", path, (*evaluate, _named(path)), 8) for name, path in bags.items()),
        *_traced(folder, out),
        *_texts(folder, evaluate, out),
        *_cameras(folder, out),
    ]


def _run(*words: str) -> None:
    with redirect_stdout(StringIO()):
        status = main(words)
    if status:
        msg = f"The command {' '.join(words)} failed: run it alone to see why."
        raise HandTrackingError(msg)


def _named(path: Path) -> str:
    """What a user names of a bag: its folder, or a file that stands alone."""
    return str(path.parent if (path.parent / "metadata.yaml").exists() else path)


def _networks(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """List the networks that tracking at level 0 may run: both arithmetics of the level and the detector."""
    first = [manifest["levels"][0], manifest["detectors"][0]]
    return [*first, *(variant for each in first for variant in each.get("variants", ()))]


def _rehash(manifest: Path, network: Path) -> None:
    """Let the manifest name the sha256 of a network that was damaged, as somebody with bad intent would."""
    content = json.loads(manifest.read_text(encoding="utf-8"))
    for each in _networks(content):
        if each["file"] == network.name:
            each["sha256"] = hashlib.sha256(network.read_bytes()).hexdigest()
    manifest.write_text(json.dumps(content), encoding="utf-8")


def _bags(folder: Path) -> dict[str, Path]:
    """Record one bag of each kind of storage."""
    record = ("record", "--source", "synthetic", "--seconds", "0.15", *_SIZE, "--out")
    _run(*record, str(folder / "mcap"), "--compressed")
    _run(*record, str(folder / "raw"))
    _run(*record, str(folder / "sqlite3"), "--compressed", "--format", "sqlite3")
    alone = folder / "alone.mcap"
    shutil.copy(folder / "mcap/mcap.mcap", alone)
    return {
        "mcap": folder / "mcap/mcap.mcap",
        "mcap, raw images": folder / "raw/raw.mcap",
        "mcap alone": alone,
        "sqlite3": next((folder / "sqlite3").glob("*.db3")),
        "metadata.yaml": folder / "mcap/metadata.yaml",
        "metadata.yaml of sqlite3": folder / "sqlite3/metadata.yaml",
        "ROS 1": ros1_bag(folder / "ros1.bag"),
    }


def _traced(folder: Path, out: str) -> list[Sample]:
    """Write a bag of what frames cost, as it is and compressed whole."""
    path = folder / "stats/stats.mcap"
    with BagWriter(path.parent) as writer:
        for cost in map(_cost, range(30)):
            header = BAG_MESSAGES.header(cost.stamp_ns, "camera")
            writer.write("/stats", BAG_MESSAGES.stats(cost, header), cost.stamp_ns)
    packed = folder / "packed.mcap.zstd"
    packed.write_bytes(zstandard.ZstdCompressor().compress(path.read_bytes()))
    alone = with_lz4(path)
    record = ("policy", "record-trace", "--out", f"{out}.csv", "--bag")
    return [
        Sample("bag of stats", path, (*record, str(path.parent)), 10),
        Sample("bag of stats, compressed", packed, (*record, str(packed)), 10),
        Sample("bag of stats, lz4", alone, (*record, str(alone)), 10),
    ]


def _cost(number: int) -> FrameCost:
    return FrameCost(
        stamp_ns=number * 33_000_000, hands=1, level=number % 3, sparsity=0.0, detector_ran=number == 0,
        detection_ms=5.0, landmarks_ms=3.0, total_ms=9.0, presence=1.0, provider="test",
    )  # fmt: skip


def _policies(folder: Path, evaluate: tuple[str, ...], bag: str, out: str) -> list[Sample]:
    manifest = folder / "policy" / Path(DEFAULT_POLICY).name
    manifest.parent.mkdir()
    for suffix in (".json", ".onnx"):
        shutil.copy(share_path(DEFAULT_POLICY).with_suffix(suffix), manifest.parent)
    device = folder / "device.json"
    shutil.copy(share_path("models", "device.json"), device)
    run = (*evaluate, bag, "--policy", str(manifest))
    # A whole device model is refused as well, since this bank has other levels: training would take hours.
    train = ("policy", "train", "--out", out, "--bank", str(original_bank()), "--device", str(device))
    return [
        Sample("policy.json", manifest, run, 10),
        Sample("policy.onnx", manifest.with_suffix(".onnx"), run, 3),
        Sample("device.json", device, train, 5),
    ]


def _texts(folder: Path, evaluate: tuple[str, ...], out: str) -> list[Sample]:
    """Write tables and YAML files that users write."""
    pictures = folder / "labelled"
    pictures.mkdir()
    with SyntheticHandSource(SourceOptions(width=160, height=120)) as camera:
        for number in range(3):
            if frame := camera.read():
                cv2.imwrite(str(pictures / f"{number}.png"), frame.image)
    truth, labels, trace, own = (
        folder / name for name in ("truth.csv", "labels.csv", "trace.csv", "own.yaml")
    )
    box = ("10", "10", "150", "110")
    write_table(truth, ("file", *_BOX), [(f"{number}.png", *box) for number in range(3)])
    write_table(
        labels,
        ("file", "open_fingers", "gesture", *_BOX),
        [(f"{n}.png", "5", "open_palm", *box) for n in range(3)],
    )
    patterns = folder / "patterns.csv"
    write_table(patterns, ("file", "gesture"), [("[01].png", "open_palm"), ("2*.png", "fist")])
    Trace.of(_cost(number) for number in range(60)).write(trace)
    example = tuple(float(n) for n in range(VECTOR_LENGTH))
    save_gestures(
        own, [OwnGesture("wave", (example, example), 15.0), OwnGesture("clap", (example[::-1],), 16.0)]
    )
    parameters = folder / "parameters.yaml"
    shutil.copy(share_path("config", "hand_tracking.yaml"), parameters)
    up = ("up", "--only", "power", "--params", str(parameters), "-p", "power.source=none")
    gestures = folder / "gestures.yaml"
    gestures.write_text(_GESTURE_PARAMETERS, encoding="utf-8")
    hands = ("up", "--only", "gesture,teleop,trigger", "--params", str(gestures))
    images = ("--images", str(pictures))
    return [
        Sample("truth of pictures", truth, (*evaluate, *images, "--truth", str(truth)), 5),
        Sample("labels of gestures", labels, ("gesture", "measure", *images, "--labels", str(labels)), 10),
        Sample(
            "labels by patterns", patterns, ("gesture", "measure", *images, "--labels", str(patterns)), 10
        ),
        Sample("trace", trace, ("policy", "fit-device", str(trace), "--out", f"{out}.json"), 10),
        Sample("parameters of a node", parameters, up, 4, stop_s=3.0),
        Sample("parameters of the gesture nodes", gestures, hands, 4, stop_s=3.0),
        Sample("own gestures", own, ("gesture", "list", "--gestures", str(own)), 20),
    ]


def _cameras(folder: Path, out: str) -> list[Sample]:
    """Write a picture of every kind, and a video."""
    samples = []
    with SyntheticHandSource(SourceOptions(width=160, height=120)) as camera:
        frame = camera.read()
        if frame is None:
            return []
        for suffix in _SUFFIXES:
            path = folder / f"picture.{suffix}"
            if cv2.imwrite(str(path), frame.image):
                samples.append(
                    Sample(f"picture, {suffix}", path, ("record", "--source", str(path), "--out", out))
                )
        for suffix, code in (("mp4", "mp4v"), ("avi", "MJPG")):
            path = folder / f"video.{suffix}"
            video = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*code), 30, (160, 120))
            for _ in range(5):
                video.write(frame.image)
            video.release()
            samples.append(Sample(f"video, {suffix}", path, ("record", "--source", str(path), "--out", out)))
    return samples
