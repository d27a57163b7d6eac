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

"""hand-tracking-dsp record: a bag of a source of frames, or of a running graph."""

from __future__ import annotations

import argparse
import math
import time
from pathlib import Path
from typing import TYPE_CHECKING

from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.factory import DRAWN_SOURCES, open_source
from hand_tracking_dsp.commands.arguments import add_option, options_from
from hand_tracking_dsp.commands.live import LiveView
from hand_tracking_dsp.commands.up import require_ros
from hand_tracking_dsp.errors import ConfigurationError, HandTrackingError, SourceError
from hand_tracking_dsp.images.options import ImageOptions
from hand_tracking_dsp.nodes.tables.camera import JPEG_QUALITY
from hand_tracking_dsp.options import declaration
from hand_tracking_dsp.recordings.bags.record_camera import record_source
from hand_tracking_dsp.recordings.bags.writer import FORMATS, BagWriter

if TYPE_CHECKING:
    from hand_tracking_dsp.nodes.graph.bag_recorder import BagRecorder

_SYNTHETIC_S = 10.0
_POLL_S = 0.1
# Discovery of others takes 0.1 to 5 s.
_SILENCE_S = 15.0
_SOURCE_OPTIONS = {
    "--hands": "hands",
    "--seed": "seed",
    "--rate": "rate_hz",
    "--width": "width",
    "--height": "height",
    "--depth-noise": "depth_noise",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--out", type=Path, required=True, metavar="BAG", help="the folder that is made")
    parser.add_argument(
        "--source",
        help="synthetic, mesh, a device (0 or /dev/video0), a video file, a folder of images or a stream; "
        "without it the topics of the running graph are recorded",
    )
    parser.add_argument(
        "--seconds",
        type=float,
        metavar="N",
        help=f"length; without it until the source ends or Ctrl-C (synthetic, mesh: {_SYNTHETIC_S:g})",
    )
    parser.add_argument("--format", choices=FORMATS, default=FORMATS[0], help="default: mcap")
    parser.add_argument(
        "--topics",
        nargs="+",
        default=[],
        metavar="TOPIC",
        help="topics of the graph to record; all if not given",
    )
    source = parser.add_argument_group("with --source")
    add_option(
        source,
        "--compressed",
        JPEG_QUALITY,
        dest="compressed",
        nargs="?",
        const=JPEG_QUALITY.default,
        default=None,
        metavar="QUALITY",
        help=f"write JPEG images of this quality, {JPEG_QUALITY.allowed} (default: {JPEG_QUALITY.default})",
    )
    source.add_argument(
        "--depth",
        action="store_true",
        default=None,
        help="write the depth images of a source, as PNG with --compressed, and true hands in space",
    )
    for flag, name in _SOURCE_OPTIONS.items():
        add_option(source, flag, declaration(SourceOptions, name), default=None)
    limit = declaration(ImageOptions, "max_image_megapixels")
    add_option(source, "--max-image-megapixels", limit, default=None)


def run(options: argparse.Namespace) -> int:
    """Record; Ctrl-C ends it early and leaves what was recorded.

    Raises:
        ConfigurationError: Options do not fit each other, or a value cannot be used.
        SourceError: Nothing was recorded, or the source has vanished; then the bag holds what it gave.
        OutputError: The bag exists already, or cannot be written.
    """
    _check(options)
    view = LiveView()
    trouble = (_record_source if options.source else _record_graph)(options, view)
    if trouble is not None:
        raise trouble
    return 0


def _check(options: argparse.Namespace) -> None:
    if options.seconds is not None and not 0 < options.seconds <= 86400:
        msg = f"--seconds is {options.seconds:g}: choose more than 0, at most 86400."
        raise ConfigurationError(msg)
    if options.source and options.topics:
        msg = "--topics chooses from a running graph: leave out --source, or --topics."
        raise ConfigurationError(msg)
    flags = {
        "--compressed": "compressed",
        "--depth": "depth",
        **_SOURCE_OPTIONS,
        "--max-image-megapixels": "max_image_megapixels",
    }
    given = [flag for flag, name in flags.items() if getattr(options, name) is not None]
    if given and not options.source:
        msg = f"{', '.join(given)} go with --source: a running graph is recorded as it is."
        raise ConfigurationError(msg)


def _record_source(options: argparse.Namespace, view: LiveView) -> HandTrackingError | None:
    """Record a source; returns what ended it before its time."""
    endless = _SYNTHETIC_S if options.source.strip() in DRAWN_SOURCES else math.inf
    seconds = endless if options.seconds is None else options.seconds
    recorded_s = 0.0
    trouble: HandTrackingError | None = None

    def show(count: int, covered_s: float) -> None:
        nonlocal recorded_s
        recorded_s = covered_s
        _show(view, covered_s, seconds, "1 frame" if count == 1 else f"{count} frames")

    settings, images = options_from(options, SourceOptions), options_from(options, ImageOptions)
    with (
        open_source(options.source, settings, images) as source,
        BagWriter(options.out, options.format) as writer,
    ):
        _say_unfinished(view, writer)
        view.say(f"Recording {source.name}, {source.width}x{source.height}, {source.rate_hz:g} Hz.")
        try:
            depth = bool(options.depth)
            recorded_s = record_source(source, writer, seconds, options.compressed, show, depth=depth)
            if not math.isinf(seconds) and recorded_s < 0.99 * seconds - 1 / source.rate_hz:
                view.say(f"The source ended after {recorded_s:.1f} of {seconds:g} s.")
        except KeyboardInterrupt:
            view.say("Stopped by Ctrl-C.")
        except SourceError as error:
            trouble = error
        skipped, problem = source.frames_skipped, source.problem
    if not writer.counts:
        msg = f"{source.name} gave no frame, so no bag was written{f': {trouble}' if trouble else '.'}"
        return SourceError(msg)
    _report(view, writer, recorded_s)
    if skipped:
        view.say(f"Not written: {skipped} frames of the source that could not be decoded.")
    if problem:
        view.say(problem)
    return trouble


def _record_graph(options: argparse.Namespace, view: LiveView) -> HandTrackingError | None:
    """Record the running graph; returns what ended it before its time."""
    require_ros()
    # Its import needs ROS 2.
    from hand_tracking_dsp.nodes.graph.bag_recorder import BagRecorder

    seconds = math.inf if options.seconds is None else options.seconds
    with BagWriter(options.out, options.format) as writer:
        _say_unfinished(view, writer)
        with BagRecorder(writer, options.topics) as recorder:
            try:
                _watch(recorder, writer, seconds, view)
            except KeyboardInterrupt:
                view.say("Stopped by Ctrl-C.")
        lost, trouble, unknown = recorder.lost, recorder.trouble, recorder.unknown
    if not writer.counts:
        said = "".join(f" {topic}: {reason}." for topic, reason in unknown.items())
        msg = (
            f"No message was received, so no bag was written: start the nodes, or give other --topics.{said}"
        )
        return trouble or SourceError(msg)
    first_ns, last_ns = writer.span_ns or (0, 0)
    _report(view, writer, (last_ns - first_ns) / 1e9)
    view.say(f"Dropped: {', '.join(f'{n} on {t}' for t, n in lost.items()) or 'nothing that was reported'}.")
    return trouble


def _say_unfinished(view: LiveView, writer: BagWriter) -> None:
    """Name what killed recordings have left beside the bag."""
    for path in writer.unfinished:
        view.say(f"{path} is what a recording that was killed had written: move it to keep it, or remove it.")


def _watch(recorder: BagRecorder, writer: BagWriter, seconds: float, view: LiveView) -> None:
    """Show how it goes until the time is over, counted from the first message."""
    start_s = time.monotonic()
    first_s: float | None = None
    reported: set[str] = set()
    while recorder.trouble is None:
        now_s = time.monotonic()
        for topic in sorted(set(recorder.unknown) - reported):
            view.say(f"Not recorded: {topic}, {recorder.unknown[topic]}.")
            reported.add(topic)
        if first_s is None and writer.counts:
            first_s = now_s
        if first_s is None:
            if not math.isinf(seconds) and now_s - start_s > max(_SILENCE_S, seconds):
                return
            _show(view, 0.0, seconds, "nothing received yet")
        elif now_s - first_s >= seconds:
            return
        else:
            counts = f"{writer.counts.total()} messages on {len(writer.counts)} topics"
            _show(view, now_s - first_s, seconds, counts)
        time.sleep(_POLL_S)


def _show(view: LiveView, elapsed_s: float, seconds: float, what: str) -> None:
    until = "s, Ctrl-C ends it" if math.isinf(seconds) else f"of {seconds:g} s"
    line = f"{elapsed_s:.1f} {until}: {what}"
    view.update([("recorded", line)], line)


def _report(view: LiveView, writer: BagWriter, seconds: float) -> None:
    size = sum(path.stat().st_size for path in writer.path.iterdir())
    for topic, count in sorted(writer.counts.items()):
        view.say(f"  {topic}: {count} messages")
    view.say(f"{seconds:.1f} s, {size / 1e6:.1f} MB, written into {writer.path}.")
