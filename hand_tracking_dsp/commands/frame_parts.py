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

"""Time of a frame besides its network, part by part, for bench."""

from __future__ import annotations

import argparse
from typing import Any

import cv2

from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.factory import open_source
from hand_tracking_dsp.commands.live import LiveView
from hand_tracking_dsp.commands.output import markdown_table
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.evaluation.frame_parts import FrameParts, FrameTimer
from hand_tracking_dsp.evaluation.statistics import percentile
from hand_tracking_dsp.messages.message import Message
from hand_tracking_dsp.nodes.messages.conversion import ROS_MESSAGES
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.backends import RuntimeOptions
from hand_tracking_dsp.tracking.manifest import read_manifest

_SIZE = (640, 480)


def measure_frame(args: argparse.Namespace, frames: int) -> dict[str, Any]:
    """Measure, print a table, and return the figures.

    Args:
        args: Options of the command line: video and repeats.
        frames: Frames of the video at most.

    Raises:
        ConfigurationError: The video has no frame, or shows no hand that can be followed.
    """
    cv2.setNumThreads(1)  # as in the node
    images, rate_hz, name = _read_images(args.video, frames)
    bank = read_manifest(default_bank())
    timer = FrameTimer(bank, 0, RuntimeOptions(), ROS_MESSAGES, rate_hz)
    view = LiveView()
    found = timer.measure(images, args.repeats, lambda done, of: view.progress("tracking", done, of))
    if not found.whole:
        msg = f"The video {name} shows no single hand that moves: name another one, or more frames."
        raise ConfigurationError(msg)
    size = f"{images[0].width}x{images[0].height}"
    print(
        f"{name}: {len(images)} frames of {size}, {args.repeats} times, at level 0 of the bank {bank.name}; "
        f"{len(found.whole)} of them, on which the network saw one hand and the palm detector did not run\n",
        flush=True,
    )
    rows = _rows(found)
    table = [(part, f"{values['p50']:.3f}", f"{values['p95']:.3f}") for part, values in rows.items()]
    print(markdown_table(("part of a frame", "p50 ms", "p95 ms"), table))
    return {"video": name, "frames": len(found.whole), "ms": rows}


def _read_images(spec: str, count: int) -> tuple[list[Message], float, str]:
    """Read frames as messages; returns them, their rate in Hz and the source's name."""
    options = SourceOptions(width=_SIZE[0], height=_SIZE[1], absence_s=0.0)
    images: list[Message] = []
    with open_source(spec, options) as source:
        while len(images) < count and (frame := source.read(5.0)) is not None:
            stamp_ns = 10**18 + round(len(images) / source.rate_hz * 1e9)
            images.append(ROS_MESSAGES.image(frame.image, ROS_MESSAGES.header(stamp_ns, "camera")))
        if not images:
            msg = f"The video {spec} has no frame: name another one."
            raise ConfigurationError(msg)
        return images, source.rate_hz, source.name


def _rows(found: FrameParts) -> dict[str, dict[str, float]]:
    """Return median and 95th percentile of each row of the table, milliseconds."""
    series = {
        "frame, from the image's message to the hands' message": found.whole,
        "its network": found.network,
        "everything but the network": found.besides,
        **found.parts,
    }
    return {
        name: {"p50": percentile(values, 50), "p95": percentile(values, 95)}
        for name, values in series.items()
    }
