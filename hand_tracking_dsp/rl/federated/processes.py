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

"""Flower's processes: a SuperLink with its run on the server, a SuperNode on a robot.

Only the SuperLink's Fleet API is open to others. The Control API, through which anyone may start any program
on server and robots, and the APIs between Flower's own processes listen on the loopback alone. Nothing is
told to Flower's makers: telemetry and the look for updates are off. No packages are installed at run time.
"""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from hand_tracking_dsp.errors import ConfigurationError, HandTrackingError, OutputError
from hand_tracking_dsp.files import make_folder, write_text
from hand_tracking_dsp.rl.federated.certificates import ServerFiles
from hand_tracking_dsp.rl.federated.running import environment, running, script
from hand_tracking_dsp.rl.federated.server_app import DONE, POLICY

CONNECTION = "fleet"
_LOOPBACK = "127.0.0.1"
_START_S, _POLL_S = 120.0, 0.2
_FIRST_PAUSE_S, _LAST_PAUSE_S = 2.0, 60.0
_APP = """\
[project]
name = "hand-tracking-fleet"
version = "1.0.0"
description = "Federated training of the controller's forecasts"
license = "Apache-2.0"
dependencies = []

[tool.flwr.app]
publisher = "hand-tracking-dsp"

[tool.flwr.app.components]
serverapp = "hand_tracking_dsp.rl.federated.server_app:app"
clientapp = "hand_tracking_dsp.rl.federated.client_app:app"

[tool.flwr.app.config]
{settings}
"""


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """Settings of a server.

    Attributes:
        address: Host and port that robots reach, for example 0.0.0.0:9092.
        folder: Folder of checkpoint, policy, log and Flower's state.
        files: Certificates and keys; None: an open port, which takes whoever comes.
        settings: Settings of the run, see server_app.main.
    """

    address: str
    folder: Path
    files: ServerFiles | None
    settings: Mapping[str, str | int | float]


@dataclass(frozen=True, slots=True)
class ClientOptions:
    """Settings of a robot's client.

    Attributes:
        address: Host and port of the server.
        folder: Folder of the robot's missions, log and Flower's state.
        authority: Certificate of the server's authority; None: no TLS.
        key: Private key of the robot; None: it does not say who it is.
        settings: What the robot learns from, see client_app.
    """

    address: str
    folder: Path
    authority: Path | None
    key: Path | None
    settings: Mapping[str, str | int | float]


def serve(options: ServerOptions) -> None:
    """Run a server until the training is done.

    Raises:
        ConfigurationError: The address cannot be used.
        HandTrackingError: Flower ended before the training was done; its log says why.
        OutputError: A file cannot be written.
    """
    home, control = options.folder / "flower", free_address()
    done = options.folder / DONE
    done.unlink(missing_ok=True)
    _write_connection(home, control, options.files)
    settings = "\n".join(f"{name} = {json.dumps(value)}" for name, value in options.settings.items())
    write_text(home / "app" / "pyproject.toml", _APP.format(settings=settings))
    command = [
        *("flower-superlink", "--fleet-api-address", options.address, "--control-api-address", control),
        *("--serverappio-api-address", free_address(), "--database", str(home / "state.db")),
        "--disable-runtime-dependency-installation",
        *_server_security(options.files),
    ]
    log = options.folder / "flower.log"
    with running(command, home, log) as superlink:
        _wait_for(control, superlink, log)
        for key in options.files.clients if options.files else ():
            _register(key, home, log)
        run = ["flwr", "run", str(home / "app"), CONNECTION, "--stream"]
        with running(run, home, log) as streaming:
            while streaming.poll() is None and superlink.poll() is None and not done.exists():
                time.sleep(_POLL_S)
    if not done.exists():
        msg = f"Flower ended before {options.folder / POLICY} was there: see {log}."
        raise HandTrackingError(msg)


def join(options: ClientOptions) -> None:
    """Run a robot's client until it is interrupted.

    A SuperNode looks for a server that is gone by itself, but ends where a server does not know it yet: then
    another one is started, later each time.

    Raises:
        ConfigurationError: A certificate or key is missing.
        OutputError: A file cannot be written.
    """
    for path in (options.authority, options.key):
        if path and not path.is_file():
            msg = f"{path} is missing: copy it from where 'policy federate --make-certificates' wrote it."
            raise ConfigurationError(msg)
    home, log = options.folder / "flower", options.folder / "flower.log"
    try:
        make_folder(home)
    except OSError as error:
        msg = f"--out {options.folder} cannot be written ({error.strerror}): choose another."
        raise OutputError(msg) from error
    config = " ".join(f"{name}={json.dumps(value)}" for name, value in options.settings.items())
    pause_s = _FIRST_PAUSE_S
    while True:
        command = ["flower-supernode", "--superlink", options.address, "--node-config", config]
        command += ["--clientappio-api-address", free_address()]
        command += ["--root-certificates", str(options.authority)] if options.authority else ["--insecure"]
        command += ["--auth-supernode-private-key", str(options.key)] if options.key else []
        started = time.monotonic()
        with running(command, home, log) as supernode:
            status = supernode.wait()
        pause_s = _FIRST_PAUSE_S if time.monotonic() - started > _LAST_PAUSE_S else pause_s
        print(f"Flower's SuperNode ended with status {status}; the next begins in {pause_s:g} s, see {log}.")
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, _LAST_PAUSE_S)


def free_address() -> str:
    """Return a free port of the loopback with its host."""
    with socket.socket() as one:
        one.bind((_LOOPBACK, 0))
        return f"{_LOOPBACK}:{one.getsockname()[1]}"


def _server_security(files: ServerFiles | None) -> list[str]:
    if files is None:
        return ["--insecure"]
    return [
        *("--ssl-ca-certfile", str(files.authority), "--ssl-certfile", str(files.certificate)),
        *("--ssl-keyfile", str(files.key), "--enable-supernode-auth"),
    ]


def _write_connection(home: Path, control: str, files: ServerFiles | None) -> None:
    """Write how Flower's command line reaches the Control API."""
    safety = f"root-certificates = {json.dumps(str(files.authority))}" if files else "insecure = true"
    lines = (
        "[superlink]",
        f'default = "{CONNECTION}"',
        "",
        f"[superlink.{CONNECTION}]",
        f'address = "{control}"',
        safety,
    )
    write_text(home / "config.toml", "\n".join([*lines, ""]))


def _register(key: Path, home: Path, log: Path) -> None:
    """Tell the SuperLink a client's public key; it may know it from an earlier run.

    Raises:
        ConfigurationError: It is no key of the right kind.
        HandTrackingError: The SuperLink does not answer.
    """
    command = [script("flwr"), "supernode", "register", str(key), CONNECTION]
    try:
        done = subprocess.run(
            command, env=environment(home), capture_output=True, text=True, check=False, timeout=_START_S
        )
    except subprocess.TimeoutExpired as error:
        msg = f"Flower's SuperLink took no key within {_START_S:g} s: see {log}, and start it again."
        raise HandTrackingError(msg) from error
    told = done.stdout + done.stderr
    with log.open("a", encoding="utf-8") as file:
        file.write(told)
    if done.returncode and "already" not in told.lower():
        msg = f"The public key {key} is not taken ({told.strip().splitlines()[-1:]}): see {log}."
        raise ConfigurationError(msg)


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a process listens.

    Raises:
        HandTrackingError: It ended, or does not listen in time.
    """
    host, _, port = address.rpartition(":")
    end = time.monotonic() + _START_S
    while time.monotonic() < end and process.poll() is None:
        with suppress(OSError), socket.create_connection((host, int(port)), 1.0):
            return
        time.sleep(_POLL_S)
    msg = f"Flower's SuperLink does not listen on {address}: see {log}."
    raise HandTrackingError(msg)
