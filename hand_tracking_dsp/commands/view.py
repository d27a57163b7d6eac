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

"""hand-tracking-dsp view: serves a page that shows the running nodes, or a bag."""

from __future__ import annotations

import argparse
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

from hand_tracking_dsp.commands.arguments import require_between
from hand_tracking_dsp.commands.live import LiveView
from hand_tracking_dsp.commands.output import print_problems
from hand_tracking_dsp.commands.signals import stopped_by_signals
from hand_tracking_dsp.commands.top import add_graph_arguments, require_graph_arguments
from hand_tracking_dsp.commands.up import require_ros
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.recordings.bags.reader import open_bag
from hand_tracking_dsp.viewing.bag import show_bag
from hand_tracking_dsp.viewing.front import Front
from hand_tracking_dsp.viewing.lookers import count_lookers
from hand_tracking_dsp.viewing.topics import FIGURES, IMAGE, SCENE
from hand_tracking_dsp.viewing.viewer_files import LOOPBACK, require_rerun, viewer_files

if TYPE_CHECKING:
    from hand_tracking_dsp.nodes.graph.watcher import GraphWatcher
    from hand_tracking_dsp.viewing.show import Show

_POLL_S = 0.5
# A page that is loaded again is away for a moment.
_AWAY_S = 3.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "bag",
        nargs="?",
        type=Path,
        help="a rosbag2 folder, an .mcap or .db3 file, shown with a time line; without it the running nodes",
    )
    parser.add_argument(
        "--address",
        default=LOOPBACK,
        metavar="IP",
        help=f"address to listen at; 0.0.0.0: all of this machine's, no password (default: {LOOPBACK})",
    )
    parser.add_argument("--port", type=int, default=9090, help="port of the page (default: 9090)")
    parser.add_argument(
        "--data-port", type=int, default=9876, metavar="PORT", help="port of the page's data (default: 9876)"
    )
    parser.add_argument(
        "--rate", type=float, default=10.0, metavar="HZ", help="pictures a second, at most (default: 10)"
    )
    parser.add_argument(
        "--memory",
        type=int,
        metavar="MIB",
        help="most memory of the data, the oldest is forgotten (default: 256, of a bag 2048)",
    )
    parser.add_argument(
        "--image",
        default="",
        metavar="TOPIC",
        help="topic of the pictures (default: image_raw, of a bag its only one)",
    )
    add_graph_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Serve the page until Ctrl-C or SIGTERM.

    Raises:
        ConfigurationError: A value cannot be used, a port is taken, or Rerun's SDK or ROS 2 is not installed.
        SourceError: The bag is missing, or has nothing that can be shown.
    """
    require_between(options, port=(1, 65535), data_port=(1, 65535), rate=(0.1, 60))
    require_graph_arguments(options)
    if options.memory is not None:
        require_between(options, memory=(16, 65536))
    _require_place(options)
    require_rerun()
    if options.bag is None:
        require_ros()
        return _show_graph(options)
    return _show_bag(options)


def _show_graph(options: argparse.Namespace) -> int:
    # These imports need ROS 2, and Rerun.
    from hand_tracking_dsp.nodes.graph.watcher import GraphWatcher
    from hand_tracking_dsp.viewing.page import Page, PageOptions
    from hand_tracking_dsp.viewing.show import Show

    page_options = PageOptions(
        options.address, options.data_port, options.port, f"{options.memory or 256}MiB", following=True
    )
    with stopped_by_signals() as stop, Page(page_options) as page, _front(options):
        show = Show(page, options.rate)
        with GraphWatcher(
            {**FIGURES, **SCENE},
            show.add,
            show.is_due,
            names={IMAGE: options.image or IMAGE},
            namespace=options.namespace,
            domain_id=options.domain,
        ) as watcher:
            _watch(stop, options.data_port, show, watcher)
        print_problems("view", show.scene.problems)
    return 0


def _watch(stop: threading.Event, data_port: int, show: Show, watcher: GraphWatcher) -> None:
    """Listen to the graph while somebody looks."""
    view = LiveView()
    seen_s = 0.0
    while not stop.wait(_POLL_S):
        now_s = time.monotonic()
        if count_lookers(data_port):
            if not watcher.is_listening:
                view.say("Somebody looks: subscribed.")
                watcher.listen()
            seen_s = now_s
            show.show_words(time.time_ns())
        elif watcher.is_listening and now_s - seen_s > _AWAY_S:
            watcher.ignore()
            view.say("Nobody looks: no longer subscribed.")


def _show_bag(options: argparse.Namespace) -> int:
    from hand_tracking_dsp.viewing.page import Page, PageOptions
    from hand_tracking_dsp.viewing.show import Show

    view = LiveView()
    page_options = PageOptions(
        options.address, options.data_port, options.port, f"{options.memory or 2048}MiB", following=False
    )
    with open_bag(options.bag) as bag, stopped_by_signals() as stop, Page(page_options) as page:
        show = Show(page, options.rate)
        with _front(options):
            for done_s, length_s in show_bag(bag, show, options.image):
                if stop.is_set():
                    return 0
                view.progress("read, seconds", round(done_s), round(length_s))
            page.flush()
            print_problems(str(options.bag), bag.problems + show.scene.problems)
            view.say("All of the bag is there; Ctrl-C ends the page.")
            stop.wait()
    return 0


@contextmanager
def _front(options: argparse.Namespace) -> Iterator[None]:
    """Serve the page, and say where it is."""
    with Front(viewer_files(), options.address, options.port, options.data_port) as front:
        here = ip_address(options.address)
        host = socket.gethostname() if here.is_unspecified else options.address
        host = f"[{host}]" if ":" in host else host
        print(f"Open http://{host}:{front.port} in a browser; Ctrl-C ends the page.", flush=True)
        if not here.is_loopback:
            sentence = (
                f"Whoever reaches {options.address} sees the camera's picture: the page has no password and "
                "is not encrypted."
            )
            print(sentence, file=sys.stderr, flush=True)
        yield


def _require_place(options: argparse.Namespace) -> None:
    try:
        ip_address(options.address)
    except ValueError as error:
        msg = f"--address {options.address} is no IP address: give one, such as 127.0.0.1 or 0.0.0.0."
        raise ConfigurationError(msg) from error
    if options.port == options.data_port:
        msg = f"--port and --data-port are both {options.port}: choose two."
        raise ConfigurationError(msg)
