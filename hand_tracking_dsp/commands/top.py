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

"""hand-tracking-dsp top: shows the figures of the running nodes in the terminal."""

from __future__ import annotations

import argparse
import time
from threading import Lock
from typing import Any

from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from hand_tracking_dsp.commands.arguments import require_between
from hand_tracking_dsp.commands.live import LiveView
from hand_tracking_dsp.commands.output import make_console
from hand_tracking_dsp.commands.signals import stopped_by_signals
from hand_tracking_dsp.commands.up import require_ros
from hand_tracking_dsp.documents import visible
from hand_tracking_dsp.viewing.figures import Event, Figures
from hand_tracking_dsp.viewing.rows import plain_line, rows
from hand_tracking_dsp.viewing.topics import FIGURES

_PERIOD_S = 0.5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_graph_arguments(parser)


def add_graph_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare where the graph is."""
    parser.add_argument("--domain", type=int, metavar="ID", help="ROS domain, 0 to 101")
    parser.add_argument("--namespace", default="", help="namespace of the nodes and topics")


def require_graph_arguments(options: argparse.Namespace) -> None:
    """Check these.

    Raises:
        ConfigurationError: One is out of range.
    """
    # Its room's other parts need ROS 2.
    from hand_tracking_dsp.nodes.graph.parameter_files import check_names

    check_names(options.namespace, {})
    if options.domain is not None:
        require_between(options, domain=(0, 101))


def run(options: argparse.Namespace) -> int:
    """Show the figures until Ctrl-C or SIGTERM.

    Raises:
        ConfigurationError: A value cannot be used, or ROS 2 is not to be found.
    """
    require_graph_arguments(options)
    require_ros()
    # Its import needs ROS 2.
    from hand_tracking_dsp.nodes.graph.watcher import GraphWatcher

    figures = Figures()
    console = make_console()
    plain = LiveView()
    lock = Lock()

    def take(topic: str, message: Any, now_ns: int) -> None:  # noqa: ANN401 (of any type)
        with lock:
            figures.add(topic, message, now_ns * 1e-9)

    with (
        stopped_by_signals() as stop,
        GraphWatcher(
            FIGURES,
            take,
            namespace=options.namespace,
            domain_id=options.domain,
        ) as watcher,
        Live(console=console, auto_refresh=False, transient=True) as live,
    ):
        watcher.listen()
        while not stop.wait(_PERIOD_S):
            with lock:
                lines = rows(figures, time.time())
                events = list(figures.events)
            if console.is_terminal:
                live.update(_drawn(lines, events), refresh=True)
            else:
                plain.update((), plain_line(lines))
    return 0


def _drawn(lines: list[tuple[str, str]], events: list[Event]) -> Group:
    """Draw figures, and what happened, the newest first: a low terminal cuts off what is below."""
    table = Table.grid(padding=(0, 2))
    for name, value in lines:
        table.add_row(Text(name, style="bold"), Text(visible(value)))
    now_s = time.time()
    happened = [
        Text(
            f"{now_s - event.at_s:5.0f} s ago  {visible(event.text)}",
            "dim",
            no_wrap=True,
            overflow="ellipsis",
        )
        for event in reversed(events)
    ]
    return Group(table, Text(), *happened)
