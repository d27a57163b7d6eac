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

"""TensorRT's engines are kept apart by all that they depend on."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.resources import share_path
from hand_tracking_dsp.tracking.backends import engine_cache
from hand_tracking_dsp.tracking.backends.engine_cache import EngineCache, with_own_graph_name


def engine_key(network: bytes) -> tuple[str, ...]:
    """Return all that ONNX Runtime names an engine by, of a network that is opened from memory.

    TRTGenerateId and GetSubGraph in onnxruntime/core/providers/tensorrt: names of inputs with initializers
    and of the outputs of nodes, hashed, behind the graph's name; the versions are the same for all.
    """
    graph = onnx.load_from_string(network).graph
    return (
        graph.name,
        *(value.name for value in graph.input),
        *(value.name for value in graph.initializer),
        *(name for node in graph.node for name in node.output),
    )


NETWORKS = {
    str(path.relative_to(share_path("models"))): path.read_bytes()
    for path in sorted(share_path("models").rglob("*.onnx"))
}


def test_onnx_runtime_alone_would_give_levels_of_the_bank_one_engine() -> None:
    keys = {name: engine_key(network) for name, network in NETWORKS.items()}
    same = {(a, b) for a, b in combinations(keys, 2) if keys[a] == keys[b]}
    assert ("dsp/full_192of224_int8.onnx", "dsp/full_latency38_192of224_int8.onnx") in same


def test_no_two_networks_of_the_package_share_an_engine() -> None:
    different = list(dict.fromkeys(NETWORKS.values()))
    keys = [engine_key(with_own_graph_name(network)) for network in different]
    assert len(set(keys)) == len(keys) > 20


@pytest.mark.parametrize("file", ["dsp/full.onnx", "dsp/palm_pruned_int8.onnx"])
def test_a_renamed_network_is_the_same_in_all_else(file: str) -> None:
    network = NETWORKS[file]
    before, after = onnx.load_from_string(network), onnx.load_from_string(with_own_graph_name(network))
    assert after.graph.name.startswith("network_")
    after.graph.name = before.graph.name
    assert after == before
    sessions = [
        onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
        for data in (network, with_own_graph_name(network))
    ]
    taken = sessions[0].get_inputs()[0]
    shape = [size if isinstance(size, int) else 192 for size in taken.shape]  # a palm detector's are free
    image = np.random.default_rng(0).integers(0, 256, shape)
    image = image.astype(np.uint8) if "uint8" in taken.type else image.astype(np.float32) / 255
    for ours, theirs in zip(*(one.run(None, {"image": image}) for one in sessions), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_the_folder_differs_by_weights_precision_sizes_and_versions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def folder(
        network: bytes = b"a",
        precision: str = "fp16",
        version: str = "1.31.1",
        sides: tuple[int, int] | None = None,
    ) -> Path | None:
        return EngineCache.of(network, precision, version, str(tmp_path), sides).folder

    found = [folder(), folder(b"b"), folder(precision="fp32"), folder(version="1.23.0")]
    found += [folder(sides=(160, 192)), folder(sides=(192, 160))]
    monkeypatch.setattr(engine_cache, "_tensorrt_version", lambda: "101601")
    found.append(folder())
    monkeypatch.setattr(engine_cache, "_device", lambda: "NVIDIA H100 80GB HBM3-sm90")
    found.append(folder())
    assert len(set(found)) == len(found)
    assert all(path is not None and path.is_dir() for path in found)
    assert str(found[-1]).startswith(
        f"{tmp_path}/onnxruntime-1.31.1_tensorrt-101601_NVIDIA-H100-80GB-HBM3-sm90/"
    )


def test_engines_lie_in_the_users_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    cache = EngineCache.of(b"a", "fp16", "1")
    assert cache.problem == ""
    assert cache.folder is not None
    assert cache.folder.is_relative_to(tmp_path / "hand_tracking_dsp" / "tensorrt")
    assert cache.folder.stat().st_mode & 0o777 == 0o700
    assert not cache.filled
    (cache.folder / "half.engine").write_bytes(b"torn")
    assert cache.filled
    cache.clear()
    assert not cache.filled


def test_without_a_home_engines_are_not_kept_and_a_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_cache, "cache_folder", lambda: None)
    cache = EngineCache.of(b"a", "fp16", "1")
    assert cache.folder is None
    assert cache.problem == (
        "TensorRT's engines are not kept (no cache: this user has no home folder), and every start builds "
        "them again: set tensorrt_cache_dir to a folder that this user can write."
    )


def test_in_a_home_that_cannot_be_written_engines_are_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "hand_tracking_dsp").write_text("a file where the folder would be")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    cache = EngineCache.of(b"a", "fp16", "1")
    assert cache.folder is None
    assert cache.problem.startswith("TensorRT's engines are not kept (")


def test_a_folder_that_others_can_write_is_not_used(tmp_path: Path) -> None:
    first = EngineCache.of(b"a", "fp16", "1", str(tmp_path)).folder
    assert first is not None
    first.chmod(0o777)
    with pytest.raises(ConfigurationError, match="can be written by other users"):
        EngineCache.of(b"a", "fp16", "1", str(tmp_path))
