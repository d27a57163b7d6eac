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

"""Makes the pictures of the documentation that no other command leaves."""

from __future__ import annotations

import argparse
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path

import cv2

from docs_pictures.animation import save_animation
from docs_pictures.drawing import save_joints, save_sheet, save_strokes
from hand_tracking_dsp.cameras.synthetic.posed import pose_picture
from hand_tracking_dsp.errors import HandTrackingError
from hand_tracking_dsp.files import write_bytes
from hand_tracking_dsp.gestures.options import GestureOptions
from hand_tracking_dsp.gestures.reading import read_gesture
from hand_tracking_dsp.nodes.graph.domains import own_domain
from hand_tracking_dsp.nodes.graph.processes import GraphOptions, NodeProcesses, Value
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.draw import draw_hands, write_caption
from hand_tracking_dsp.tracking.palm import PalmDetector
from hand_tracking_dsp.tracking.tracker import HandTracker
from hand_tracking_dsp.tracking.tracker_options import TrackerOptions
from hand_tracking_dsp.tracking.types import Image

# Names of gestures, and the pose of the synthetic hand that shows each: its name, roll and yaw in degrees.
_POSES = {
    "open_palm": ("open palm", 0, 0),
    "fist": ("fist", 0, 0),
    "point": ("point", 0, 0),
    "victory": ("victory", 0, 0),
    "count_3": ("three", 0, 0),
    "count_4": ("four", 0, 0),
    "thumb_up": ("thumb up", -90, 0),
    "thumb_down": ("thumb up", 90, 0),
    "ok": ("ok", 0, 0),
    # Seen from the palm a pinch hides behind its own fingers.
    "pinch": ("pinch", 0, 30),
}
_COLUMNS = 5
_HANDS = 2
# The lowest bits are mostly the noise of the synthetic camera, which PNG cannot compress.
_BITS = 0xF8
# Enough for the battery to be heard and the drift to be measured.
_SIGHTS = 222
_PATIENCE_S = 120.0
_POLL_S = 0.01
_LEVEL = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Make joints.png, gestures.png, overlay.png and markers.png, or with --video tracking.webp alone.

    Args:
        arguments: Words of the command line; sys.argv's if None.

    Raises:
        HandTrackingError: The nodes showed no hands, the video cannot be read or a picture not be written.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--out", type=Path, default=Path("out/pictures"), metavar="DIR", help="folder for the pictures"
    )
    parser.add_argument(
        "--video",
        type=Path,
        metavar="FILE",
        help="make tracking.webp alone: this video of one hand, tracked at one level after the other",
    )
    args = parser.parse_args(arguments)
    out: Path = args.out
    if args.video is not None:
        save_animation(args.video, out / "tracking.webp")
        print(out / "tracking.webp")
        return 0
    save_joints(out / "joints.png")
    title = "Synthetic hands: the pose, and what the tracker and the gestures' rules read from it"
    save_sheet(_gestures(), _COLUMNS, title, out / "gestures.png")
    _save_sight(out)
    for name in ("joints.png", "gestures.png", "overlay.png", "markers.png"):
        print(out / name)
    return 0


def _gestures() -> dict[str, Image]:
    """Track the poses; give each picture with its hand drawn in, by what was read."""
    bank = default_bank()
    tracker = HandTracker(
        LevelBank.load(bank), PalmDetector.load(bank), TrackerOptions(max_hands=1, smoothing=False)
    )
    options = GestureOptions()
    pictures = {}
    for gesture, (pose, roll_deg, yaw_deg) in _POSES.items():
        image = pose_picture(pose, roll_deg, yaw_deg)
        tracker.reset()
        hands = tracker.track(image, 0.0, order="bgr").hands
        words = f"{gesture}\nno hand was found"
        for hand in hands:
            reading = read_gesture(hand.landmarks, options)
            name = f"{reading.name} {reading.score:.2f}" if reading.name else "none"
            words = f"{gesture}\nread: {name}\nopen fingers: {reading.open_fingers}"
        draw_hands(image, hands)
        pictures[words] = image
    return pictures


def _save_sight(out: Path) -> None:
    """Let the nodes run for a while, and save what viewers show of two synthetic hands."""
    # Its import needs ROS 2.
    from docs_pictures.viewer import Viewer

    parameters: dict[str, dict[str, Value]] = {
        "camera_node": {"source": "synthetic", "hands": _HANDS},
        "hand_tracker_node": {"level": _LEVEL},
        "power_node": {"source": "simulated", "simulated.charge": 0.64},
    }
    said: deque[str] = deque(maxlen=3)
    # Not run_graph: its observer listens to much that is not looked at here.
    with (
        own_domain() as domain_id,
        Viewer(_HANDS, domain_id) as viewer,
        NodeProcesses(
            GraphOptions(nodes=tuple(parameters), parameters=parameters, domain_id=domain_id),
            lambda node, line: said.append(f"{node}: {line}"),
        ) as nodes,
    ):
        deadline_s = time.monotonic() + _PATIENCE_S
        while not nodes.exited() and time.monotonic() < deadline_s:
            if viewer.seen >= _SIGHTS and viewer.sight is not None:
                break
            time.sleep(_POLL_S)
        sight = viewer.sight if viewer.seen >= _SIGHTS else None
    if sight is None:
        msg = (
            f"The nodes showed {_HANDS} hands in {viewer.seen} of the {_SIGHTS} images waited for, measured "
            f"{'once or more' if viewer.sight else 'in none'}; they said last: {' '.join(said)}"
        )
        raise HandTrackingError(msg)
    overlay = sight.overlay
    write_caption(overlay, "synthetic picture", at_bottom=True)
    png = cv2.imencode(".png", overlay & _BITS, [cv2.IMWRITE_PNG_COMPRESSION, 9])[1]
    write_bytes(out / "overlay.png", png.tobytes())
    title = "The markers of overlay.png, synthetic hands (drawn with matplotlib)"
    save_strokes(sight.hands, title, out / "markers.png")
