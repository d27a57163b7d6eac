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

"""hand-tracking-dsp replay: publishes a bag on ROS topics, with /clock."""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Iterable
from pathlib import Path

from hand_tracking_dsp.commands.arguments import require_between
from hand_tracking_dsp.commands.live import LiveView
from hand_tracking_dsp.commands.up import require_ros
from hand_tracking_dsp.errors import ConfigurationError, SourceError
from hand_tracking_dsp.recordings.bags.reader import Bag, open_bag


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("bag", type=Path, help="a rosbag2 folder, or an .mcap or .db3 file")
    parser.add_argument(
        "--rate",
        type=float,
        default=1.0,
        metavar="R",
        help="speed of playing; 2 is twice as fast (default: 1)",
    )
    parser.add_argument("--loop", action="store_true", help="restart at the end; /clock jumps back then")
    parser.add_argument("--topics", nargs="+", default=[], metavar="TOPIC", help="publish only these")
    parser.add_argument(
        "--remap", action="append", default=[], metavar="OLD=NEW", help="publish a topic under another name"
    )
    parser.add_argument("--start", type=float, default=0.0, metavar="S", help="leave out the first seconds")
    parser.add_argument(
        "--seconds",
        type=float,
        default=math.inf,
        metavar="N",
        help="length of the part to play; to the end if not given",
    )
    parser.add_argument(
        "--clock-rate",
        type=float,
        default=50.0,
        metavar="HZ",
        help="rate of /clock between messages (default: 50)",
    )
    parser.add_argument(
        "--wait",
        type=float,
        default=3.0,
        metavar="S",
        help="longest time to wait for subscribers, seconds (default: 3)",
    )
    parser.add_argument(
        "--wait-for",
        default="",
        metavar="TOPIC",
        help="wait for a subscriber of this topic or of a transport of it (default: of any topic)",
    )


def run(options: argparse.Namespace) -> int:
    """Replay until the end, or until Ctrl-C.

    Raises:
        ConfigurationError: A value cannot be used, or ROS 2 is not to be found.
        SourceError: The bag has nothing that can be read or published.
    """
    require_between(
        options,
        rate=(0.01, 100),
        start=(0, math.inf),
        seconds=(0, math.inf),
        clock_rate=(1, 1000),
        wait=(0, 3600),
    )
    remaps = dict(_remap(text) for text in options.remap)
    require_ros()
    # Its import needs ROS 2.
    from hand_tracking_dsp.nodes.graph.bag_player import BagPlayer, PlayOptions

    play = PlayOptions(
        options.rate, options.topics, remaps, options.start, options.seconds, options.clock_rate
    )
    view = LiveView()
    with open_bag(options.bag) as bag:
        length_s = _length_s(bag, options)
        with BagPlayer(bag, play) as player:
            for topic, reason in player.unknown.items():
                view.say(f"Not published: {topic}, {reason}.")
            if not player.topics:
                others = bag.contents()
                msg = f"The bag {options.bag} has no topic to publish (it has {others}): give other --topics."
                raise SourceError(msg)
            view.say(f"Publishing {', '.join(player.topics)}, and /clock.")
            try:
                if not player.wait_for_listeners(options.wait, options.wait_for):
                    view.say(f"No subscriber after {options.wait:g} s; playing all the same.")
                published = -1
                # A round in which nothing could be read is the last one.
                while published < player.counts.total():
                    published = player.counts.total()
                    player.play(lambda at_s: _show(view, at_s, length_s, player.counts.total()))
                    if not options.loop:
                        break
                    # Else the last message and the first would come at once.
                    time.sleep(1 / options.clock_rate)
                player.flush()
            except KeyboardInterrupt:
                view.say("Stopped by Ctrl-C.")
            for topic, count in sorted(player.counts.items()):
                view.say(f"  {topic}: {count} messages")
        _tell_problems(view, bag.problems.items())
    return 0


def _length_s(bag: Bag, options: argparse.Namespace) -> float:
    """Return the length of the bag, seconds; refuse a bag without a message behind --start."""
    if bag.span_ns is None:
        msg = f"The bag {options.bag} has no message: record it again."
        raise SourceError(msg)
    length_s = (bag.span_ns[1] - bag.span_ns[0]) / 1e9
    if options.start > length_s:
        msg = (
            f"The bag {options.bag} ends at {length_s:g} s, before --start {options.start:g}: begin earlier."
        )
        raise SourceError(msg)
    return length_s


def _remap(text: str) -> tuple[str, str]:
    old, _, new = text.partition("=")
    if not old.strip("/") or not new.strip("/"):
        msg = f"--remap {text} is not of the form OLD=NEW."
        raise ConfigurationError(msg)
    return f"/{old.lstrip('/')}", f"/{new.lstrip('/')}"


def _show(view: LiveView, at_s: float, length_s: float, messages: int) -> None:
    line = f"{at_s:.1f} of {length_s:.1f} s, {messages} messages published"
    view.update([("position", line)], line)


def _tell_problems(view: LiveView, problems: Iterable[tuple[str, int]]) -> None:
    for problem, count in problems:
        view.say(f"Not whole: {problem} ({count} times)." if count > 1 else f"Not whole: {problem}.")
