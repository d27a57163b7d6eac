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

"""A fleet as processes over TLS on the loopback: a server that starts again, three robots, one killed."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

pytest.importorskip("flwr", reason="flwr is not installed: pip install -r requirements/fleet.in")
pytest.importorskip("torch", reason="torch is not installed: make setup-lab")

from hand_tracking_dsp.cli import main
from hand_tracking_dsp.commands.policy import federate
from hand_tracking_dsp.control.learned import LearnedPolicy
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.manifest import read_manifest

NAMES = ("arm", "cart", "drone")
_WAIT_S = 900.0


class FleetProcesses:
    """Starts commands of a fleet, and ends what is left of them.

    Args:
        folder: Folder for certificates, and a folder for each process.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._running: list[subprocess.Popen[bytes]] = []
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{one.getsockname()[1]}"

    def start(self, name: str, *words: str) -> subprocess.Popen[bytes]:
        """Start policy federate with a folder of its own, and the fleet's certificates."""
        safety = ("--certificates", str(self.folder / "certificates"))
        command = [sys.executable, "-m", "hand_tracking_dsp.cli", "policy", "federate", *words, *safety]
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [*command, "--out", str(self.folder / name)], stdout=log, stderr=subprocess.STDOUT
            )
        self._running.append(process)
        return process

    def serve(self) -> subprocess.Popen[bytes]:
        words = ("--serve", "--address", self.address, "--rounds", "2", "--clients", "2", "--timeout", "300")
        return self.start("server", *words)

    def join(self, name: str) -> subprocess.Popen[bytes]:
        return self.start(name, "--join", self.address, "--name", name, "--missions", "1")

    def wait_for(self, done: Callable[[], bool], what: str) -> None:
        """Wait for something, and show the logs where it does not come."""
        end = time.monotonic() + _WAIT_S
        while not done():
            if time.monotonic() > end:
                logs = [*self.folder.glob("*.log"), *self.folder.glob("*/flower.log")]
                told = "\n".join(f"{log}:\n{log.read_text(errors='replace')[-3000:]}" for log in logs)
                pytest.fail(f"{what} did not come.\n{told}")
            time.sleep(0.5)

    def rounds(self) -> list[dict[str, object]]:
        """Return what the server wrote of its rounds."""
        file = self.folder / "server" / "rounds.jsonl"
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        return [json.loads(line) for line in lines]

    def end(self) -> None:
        for process in self._running:
            with suppress(ProcessLookupError):
                process.terminate()
        for process in self._running:
            process.wait(120)


def kill_with_children(process: subprocess.Popen[bytes]) -> None:
    """Kill a robot's command and its SuperNode, as a loss of power would."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii").split()
    process.kill()
    process.wait()
    for child in children:
        # Each of Flower's programs leads a session of its own.
        with suppress(ProcessLookupError):
            os.killpg(int(child), signal.SIGKILL)


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[FleetProcesses]:
    processes = FleetProcesses(tmp_path)
    yield processes
    processes.end()


@pytest.mark.timeout(3600)
def test_a_fleet_learns_though_a_robot_is_killed_and_the_server_starts_again(fleet: FleetProcesses) -> None:
    words = ["policy", "federate", "--make-certificates", "--out", str(fleet.folder / "certificates")]
    assert main([*words, "--host", "localhost", "--client", *NAMES]) == 0
    server, robots = fleet.serve(), {name: fleet.join(name) for name in NAMES}
    fleet.wait_for(
        lambda: server.poll() is not None or any(one["clients"] for one in fleet.rounds()), "The first round"
    )
    kill_with_children(robots["drone"])
    server.send_signal(signal.SIGTERM)
    server.wait(120)
    again = fleet.serve()
    fleet.wait_for(lambda: again.poll() is not None, "The end of the training")
    assert again.returncode == 0, (fleet.folder / "server.log").read_text(errors="replace")
    numbers = [one["number"] for one in fleet.rounds() if one["clients"]]
    assert numbers == [1, 2]
    policy = LearnedPolicy.load(fleet.folder / "server" / "policy.json", read_manifest(default_bank()))
    assert policy.contract.training["federated"]["rounds"] == 2
    assert not (fleet.folder / "server" / "flower" / "config.toml").read_text().count("insecure")


def test_a_fleet_gets_a_further_robot(tmp_path: Path) -> None:
    words = ["policy", "federate", "--make-certificates", "--out", str(tmp_path / "certificates")]
    assert main([*words, "--host", "localhost", "--client", "arm"]) == 0
    before = (tmp_path / "certificates" / "server.crt").read_bytes()
    assert main([*words, "--client", "cart"]) == 0
    assert (tmp_path / "certificates" / "cart.key").exists()
    assert (tmp_path / "certificates" / "server.crt").read_bytes() == before


def test_an_open_port_is_refused_unless_it_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in (["--serve"], ["--join", "127.0.0.1:9092", "--name", "arm"]):
        assert main(["policy", "federate", *words, "--out", str(tmp_path / "out")]) == 1
        assert "--insecure" in capsys.readouterr().err


def test_a_robot_without_a_name_is_told_to_give_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--join", "127.0.0.1:9092", "--certificates", str(tmp_path), "--out", str(tmp_path / "out")]
    assert main(["policy", "federate", *words]) == 1
    assert "--name" in capsys.readouterr().err


def test_a_robot_whose_key_is_missing_is_told_where_it_comes_from(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "nice", lambda _by: 0)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    words = ["--join", "127.0.0.1:9092", "--name", "arm", "--certificates", str(tmp_path)]
    assert main(["policy", "federate", *words, "--out", str(tmp_path / "out")]) == 1
    assert "--make-certificates" in capsys.readouterr().err


def test_a_simulation_without_ray_says_what_to_install(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(federate, "find_spec", lambda _name: None)
    assert main(["policy", "federate", "--simulate", "2", "--out", str(tmp_path)]) == 1
    assert "pip install -r requirements/fleet.in" in capsys.readouterr().err


def test_a_small_simulated_fleet_leaves_its_figures_and_goes_on_from_what_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("ray", reason="ray is not installed: pip install -r requirements/fleet.in")
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    words = ["policy", "federate", "--simulate", "2", "--missions", "1", "--unseen", "2", "--rounds", "1"]
    words += ["--workers", "1", "--out", str(tmp_path)]
    assert main(words) == 0
    figures = json.loads((tmp_path / "fleet.json").read_text(encoding="utf-8"))
    assert {"alone", "all data in one place", "fedavg", "fedavgm"} <= figures["figures"].keys()
    training = figures["seeds"]["0"]["fedavg"]
    assert len(training["rounds"]) == 1
    assert training["bytes"] > 4 * 30_000
    assert (tmp_path / "fleet.png").exists()
    parts = [path for path in (tmp_path / "done").iterdir() if path.is_file()]
    written = {path: path.stat().st_mtime_ns for path in parts}
    assert main(words) == 0
    assert {path: path.stat().st_mtime_ns for path in parts} == written
    again = json.loads((tmp_path / "fleet.json").read_text(encoding="utf-8"))
    assert again["returns_by_robot"] == figures["returns_by_robot"]
