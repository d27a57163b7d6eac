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

"""The web server of the page: hands out the viewer's files, and keeps the browser to this machine."""

from __future__ import annotations

import gzip
import os
import re
import socket
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from socketserver import TCPServer
from types import TracebackType
from urllib.parse import quote

from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.viewing.viewer_files import Files

# The viewer's page asks the web for a font and would count its uses there; the browser refuses both by this.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "worker-src 'self' blob:; connect-src 'self' http://{host}:{port}; "
    "frame-ancestors 'none'"
)
_HOST = re.compile(r"([\w.-]+|\[[\da-fA-F:.]+\])(:\d+)?", re.ASCII)
_FASTEST = 1
_IPV6 = 6
_IDLE_S = 60.0


class _Server(ThreadingHTTPServer):
    """A server of IPv4 or IPv6, which needs no name of this machine."""

    daemon_threads = True

    def __init__(self, address: str, port: int, handler: type[BaseHTTPRequestHandler]) -> None:
        self.address_family = _family(address)
        super().__init__((address, port), handler)

    def server_bind(self) -> None:
        # HTTPServer would ask for the machine's name, which takes seconds where nobody knows it.
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def handle_error(self, *_: object) -> None:
        """Say nothing: a browser that goes away in the middle of 43 MB is no fault."""


class Front:
    """Serves the page within a ``with`` block.

    Args:
        files: Files of the viewer.
        address: Address to listen at.
        port: Port to listen at; 0: any that is free.
        data_port: Port of the viewer's data.

    Attributes:
        port: Port that it listens at.

    Raises:
        ConfigurationError: The address is none of this machine's, or the port is taken.
    """

    def __init__(self, files: Files, address: str, port: int, data_port: int) -> None:
        self._files = files
        self._data_port = data_port
        self._packed: dict[str, bytes] = {}
        front = self

        class Handler(BaseHTTPRequestHandler):
            """Answers one connection."""

            protocol_version = "HTTP/1.1"
            timeout = _IDLE_S

            def do_GET(self) -> None:
                front.answer(self)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        try:
            self._server = _Server(address, port, Handler)
        except (OSError, OverflowError) as error:
            raise ConfigurationError(_refusal(address, port, "--port", error)) from error
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, name="page", daemon=True)

    def __enter__(self) -> Front:
        """Begin to serve."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Answer a request for a file; the bare address leads on to the one that names the data."""
        path, _, query = request.path.partition("?")
        host = _host(request.headers.get("Host", ""))
        name = path.strip("/")
        if name not in self._files:
            request.send_error(HTTPStatus.NOT_FOUND)
            return
        if not name and "url=" not in query:
            data = quote(f"rerun+http://{host}:{self._data_port}/proxy", safe="")
            request.send_response(HTTPStatus.FOUND)
            request.send_header("Location", f"/?url={data}&persist=0")
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        request.send_response(HTTPStatus.OK)
        request.send_header("Content-Type", self._files[name].kind)
        request.send_header("Content-Security-Policy", _POLICY.format(host=host, port=self._data_port))
        request.send_header("Cache-Control", "no-cache")
        content = self._files[name].content
        if "gzip" in request.headers.get("Accept-Encoding", "") and not _is_here(request.client_address[0]):
            request.send_header("Content-Encoding", "gzip")
            content = self._pack(name)
        # The viewer shows by this how much of itself has been loaded.
        request.send_header("rerun-final-length", str(len(self._files[name].content)))
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)

    def _pack(self, name: str) -> bytes:
        """Return a file compressed: over a network that is quicker, by two thirds of 43 MB."""
        if name not in self._packed:
            self._packed[name] = gzip.compress(self._files[name].content, _FASTEST)
        return self._packed[name]


def _host(header: str) -> str:
    """Return by what name the browser reaches this machine; it becomes part of an address and a policy."""
    found = _HOST.fullmatch(header)
    return found[1] if found else "localhost"


def _is_here(address: str) -> bool:
    return ip_address(address).is_loopback


def require_free(address: str, port: int, option: str) -> None:
    """Check that one can listen at an address and a port; the option chooses the port.

    Raises:
        ConfigurationError: One cannot.
    """
    try:
        socket.create_server((address, port), family=_family(address)).close()
    except OSError as error:
        raise ConfigurationError(_refusal(address, port, option, error)) from error


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ip_address(address).version == _IPV6 else socket.AF_INET


def _refusal(address: str, port: int, option: str, error: Exception) -> str:
    """Say in a sentence why nobody can listen at an address and a port."""
    number = getattr(error, "errno", None)
    reason = os.strerror(number) if number else str(error)
    return (
        f"The page cannot be served at {address}, port {port} ({reason}): choose another {option}, an "
        "--address of this machine, or end what listens there."
    )
