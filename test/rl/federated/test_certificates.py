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

"""Certificates that TLS takes, and keys that nobody else reads."""

from __future__ import annotations

import socket
import ssl
import stat
import threading
from pathlib import Path

import pytest

from hand_tracking_dsp.errors import ConfigurationError, OutputError
from hand_tracking_dsp.rl.federated.certificates import make_certificates, make_client_key, server_files


def test_a_client_that_has_the_authority_trusts_the_server_by_its_address(tmp_path: Path) -> None:
    make_certificates(tmp_path, ["127.0.0.1"], ["arm"])
    files = server_files(tmp_path)
    inside = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    inside.load_cert_chain(files.certificate, files.key)
    outside = ssl.create_default_context(cafile=str(files.authority))
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            accepted, _ = listening.accept()
            with inside.wrap_socket(accepted, server_side=True) as secured:
                secured.sendall(b"hello")

        server = threading.Thread(target=answer)
        server.start()
        with (
            socket.create_connection(listening.getsockname()) as plain,
            outside.wrap_socket(plain, server_hostname="127.0.0.1") as secured,
        ):
            assert secured.recv(5) == b"hello"
        server.join()


def test_private_keys_are_for_their_owner_alone(tmp_path: Path) -> None:
    make_certificates(tmp_path, ["fleet.example"], ["arm", "cart"])
    for name in ("server.key", "arm.key", "cart.key"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_a_further_robot_gets_a_key_and_nothing_is_replaced(tmp_path: Path) -> None:
    make_certificates(tmp_path, ["fleet.example"], ["arm"])
    make_client_key(tmp_path, "cart")
    assert [path.name for path in server_files(tmp_path).clients] == ["arm.pub", "cart.pub"]
    before = (tmp_path / "arm.key").read_bytes()
    with pytest.raises(OutputError, match=r"arm\.key cannot be written"):
        make_client_key(tmp_path, "arm")
    assert (tmp_path / "arm.key").read_bytes() == before


@pytest.mark.parametrize(
    ("hosts", "clients"), [([], ["arm"]), (["a"], []), (["a"], ["../arm"]), (["a"], [""])]
)
def test_names_that_cannot_be_used_are_refused(tmp_path: Path, hosts: list[str], clients: list[str]) -> None:
    with pytest.raises(ConfigurationError):
        make_certificates(tmp_path, hosts, clients)


def test_a_folder_without_certificates_says_how_to_make_them(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="--make-certificates"):
        server_files(tmp_path)
