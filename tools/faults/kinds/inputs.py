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

"""Files that the nodes read, taken away or damaged under them."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from random import Random

from faults.injection import fault
from faults.kinds.images import bomb_png, picture_of
from faults.running_graph import RunningGraph
from hand_tracking_dsp.nodes.graph.division import TOGETHER

_CAMERA = "camera_node"


@contextmanager
def _moved_away(path: Path) -> Iterator[None]:
    aside = path.with_name(f"{path.name}.aside")
    path.rename(aside)
    try:
        yield
    finally:
        aside.rename(path)


@contextmanager
def _overwritten(path: Path, data: bytes) -> Iterator[None]:
    whole = path.read_bytes()
    path.write_bytes(data)
    try:
        yield
    finally:
        path.write_bytes(whole)


def _changed(path: Path) -> AbstractContextManager[None]:
    return _overwritten(path, path.read_bytes()[:-7] + b"changed")


def _cut(path: Path) -> AbstractContextManager[None]:
    return _overwritten(path, path.read_bytes()[:5000])


@contextmanager
def _every_network(bank: Path, damage: Callable[[Path], AbstractContextManager[None]]) -> Iterator[None]:
    """Damage all networks: which of them a machine runs depends on the machine."""
    with ExitStack() as damaged:
        for path in sorted(bank.glob("*.onnx")):
            damaged.enter_context(damage(path))
        yield


@fault("the camera's folder gone", _CAMERA, "pictures")
def _folder_gone(graph: RunningGraph, _: Random) -> Generator[str, None, None]:
    with _moved_away(graph.folders.pictures):
        yield ""


@fault("a picture of the folder broken")
def _broken(graph: RunningGraph, random: Random) -> Generator[str, None, None]:
    path = random.choice(sorted(graph.folders.pictures.glob("*.png"))[1:])
    with _overwritten(path, random.randbytes(3000)):
        yield ""


@fault("a picture of 30000x30000 in the folder")
def _bomb(graph: RunningGraph, random: Random) -> Generator[str, None, None]:
    path = random.choice(sorted(graph.folders.pictures.glob("*.png"))[1:])
    with _overwritten(path, bomb_png(30000)):
        yield ""


@fault("a FIFO among the pictures")
def _fifo(graph: RunningGraph, _: Random) -> Generator[str, None, None]:
    path = graph.folders.pictures / "000_fifo.png"
    os.mkfifo(path)
    try:
        yield ""
    finally:
        path.unlink()


def _reconfigured(name: str, node: str, saying: str, damage: str) -> None:
    """Declare a fault in a file that a node reads when it configures; the way back is a person's."""

    @fault(name, node, saying)
    def inject(graph: RunningGraph, random: Random) -> Generator[str, None, None]:
        folders = graph.folders
        manifest = folders.bank / "bank.json"
        changes = {
            "bank gone": lambda: _moved_away(folders.bank),
            "networks gone": lambda: _every_network(folders.bank, _moved_away),
            "networks changed": lambda: _every_network(folders.bank, _changed),
            "networks cut": lambda: _every_network(folders.bank, _cut),
            "manifest cut": lambda: _overwritten(manifest, manifest.read_bytes()[: random.randrange(500)]),
            "manifest of noise": lambda: _overwritten(manifest, random.randbytes(500)),
            "policy cut": lambda: _overwritten(folders.policy, folders.policy.read_bytes()[:60]),
            "policy gone": lambda: _moved_away(folders.policy),
        }
        graph.change_state(node, "deactivate")
        graph.change_state(node, "cleanup")
        with changes[damage]():
            graph.change_state(node, "configure")
            graph.change_state(node, "activate")
            yield ""
        for transition in ("deactivate", "cleanup", "configure", "activate"):
            graph.change_state(node, transition)


_TRACKER, _CONTROLLER = "hand_tracker_node", "pruning_controller_node"
for _damage in (
    "bank gone",
    "networks gone",
    "networks changed",
    "networks cut",
    "manifest cut",
    "manifest of noise",
):
    _reconfigured(f"{_damage}, and the tracker configures", _TRACKER, "bank|onnx", _damage)
for _damage in ("policy cut", "policy gone"):
    _reconfigured(f"{_damage}, and the controller configures", _CONTROLLER, "policy", _damage)


@fault("a picture replaced while it is read")
def _replaced(graph: RunningGraph, _: Random) -> Generator[str, None, None]:
    path = picture_of(graph)
    with _overwritten(path, path.read_bytes()[: path.stat().st_size // 2]):
        yield ""


@fault("bank gone while the tracker starts again", _TRACKER, "bank", ends=TOGETHER)
def _retried(graph: RunningGraph, _: Random) -> Generator[str, None, None]:
    with _moved_away(graph.folders.bank):
        graph.signal(_TRACKER, signal.SIGKILL)
        yield ""
