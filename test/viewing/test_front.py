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

"""The server of the page."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator

import pytest

from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.viewing.front import Front
from hand_tracking_dsp.viewing.viewer_files import ViewerFile

FILES = {"": ViewerFile("text/html", b"<p>page</p>"), "a.wasm": ViewerFile("application/wasm", b"\0asm")}


@pytest.fixture
def front() -> Iterator[Front]:
    with Front(FILES, "127.0.0.1", 0, 1234) as front:
        yield front


def asked(front: Front, path: str, **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", front.port, timeout=60)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer, content


def test_the_bare_address_leads_to_the_data_as_the_browser_reaches_it(front):
    answer, _ = asked(front, "/", Host="robot:9090")
    assert answer.status == 302
    assert answer.headers["Location"].startswith("/?url=rerun%2Bhttp%3A%2F%2Frobot%3A1234%2Fproxy")


def test_files_are_handed_out_and_nothing_else(front):
    answer, content = asked(front, "/?url=rerun")
    assert (answer.status, content) == (200, FILES[""].content)
    answer, content = asked(front, "/a.wasm")
    assert (answer.headers["Content-Type"], content) == ("application/wasm", b"\0asm")
    for path in ("/b.wasm", "/../setup.py", "/%2e%2e/setup.py"):
        assert asked(front, path)[0].status == 404


def test_the_browser_may_ask_this_machine_alone(front):
    answer, _ = asked(front, "/a.wasm", Host="localhost:9090")
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'self'"
    assert policy["connect-src"] == "'self' http://localhost:1234"
    assert "https:" not in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("host", ["[", "a b", "a; script-src *", "x\u00e9:1", ""])
def test_a_name_that_is_none_gets_into_no_policy_and_no_address(front, host, capfd):
    answer, _ = asked(front, "/a.wasm", Host=host.encode("latin-1"))
    assert "connect-src 'self' http://localhost:1234;" in answer.headers["Content-Security-Policy"]
    answer, _ = asked(front, "//[", Host=host.encode("latin-1"))
    assert answer.status == 404
    assert capfd.readouterr() == ("", "")


def test_a_browser_that_goes_away_leaves_no_traceback(capfd):
    with Front({"": ViewerFile("text/html", bytes(1 << 24))}, "127.0.0.1", 0, 1) as front:
        with socket.create_connection(("127.0.0.1", front.port)) as connection:
            connection.sendall(b"GET /?url=a HTTP/1.1\r\nHost: localhost\r\n\r\n")
            connection.recv(100)
        assert asked(front, "/?url=a")[0].status == 200
    assert capfd.readouterr() == ("", "")


def test_a_port_that_is_taken_is_refused_in_a_sentence():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=rf"port {port} .*: choose another --port"):
            Front(FILES, "127.0.0.1", port, 1234)
