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

"""hand-tracking-dsp timeline: draw what ran when in one second of a bag of the running graph."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from hand_tracking_dsp.commands.output import require_writable
from hand_tracking_dsp.documents import visible
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.recordings.bags.trace import read_bag_trace


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("bag", type=Path, metavar="BAG", help="rosbag2 folder or file with the topic stats")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the PNG that is written")
    parser.add_argument(
        "--topic", default="", help="topic of the TrackerStats (default: stats, or the bag's only one)"
    )
    parser.add_argument(
        "--at",
        type=float,
        metavar="S",
        help="seconds from the first frame on (default: where most different things happen)",
    )


def run(options: argparse.Namespace) -> int:
    """Draw the second.

    Raises:
        ConfigurationError: The bag has no frame in the second asked for.
        SourceError: The bag cannot be used.
        OutputError: The picture cannot be written.
    """
    require_writable(options.out)
    trace = read_bag_trace(options.bag, options.topic, lambda said: print(visible(said), file=sys.stderr))
    if options.at is not None and not 0 <= options.at <= trace.duration_s:
        msg = f"--at is {options.at:g}: the bag has frames from 0 to {trace.duration_s:.1f} s."
        raise ConfigurationError(msg)
    # Its import takes a second, which a refusal need not wait for.
    from hand_tracking_dsp.evaluation.report.timeline import save_timeline

    save_timeline(trace.frames, options.out, options.at)
    print(visible(str(options.out)))
    return 0
