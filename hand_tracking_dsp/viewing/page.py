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

"""The page's data: a recording of Rerun, and its server; this module and layout alone know Rerun."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from types import TracebackType

import numpy as np
import rerun as rr
from numpy.typing import NDArray

from hand_tracking_dsp.depth.types import Hand3d, JointState
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.hand import BONES, Handedness, Joint
from hand_tracking_dsp.tracking.depth_view import Intrinsics
from hand_tracking_dsp.tracking.draw import bone_colour, hand_label, joint_colour
from hand_tracking_dsp.tracking.types import Floats, TrackedHand
from hand_tracking_dsp.viewing.curves import CURVES
from hand_tracking_dsp.viewing.figures import Event
from hand_tracking_dsp.viewing.front import require_free
from hand_tracking_dsp.viewing.layout import EVENTS, NOW, PICTURE, TIME, blueprint
from hand_tracking_dsp.viewing.scene import ShownPicture

_CAMERA, _DEPTH, _HANDS = "world/camera", "world/depth", "world/hands"
# How large the camera's picture stands in space, metres; joints and bones, metres; in the picture, pixels.
_FRUSTUM_M, _DEPTH_FRUSTUM_M = 0.12, 0.05
_JOINT_M, _BONE_M, _GUESSED_M = 0.005, 0.002, 0.003
_JOINT_PX, _BONE_PX = 3.0, 1.5
# Hands that were predicted are drawn through.
_SOLID, _PREDICTED = 255, 110
_FLUSH_S = 2.0
_TOGETHER_S = 0.2
_NEAR_MM, _FAR_MM = 200.0, 2000.0

Lines = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class PageOptions:
    """Options of the page's data.

    Attributes:
        address: Address to listen at.
        port: Port to listen at.
        web_port: Port of the page, whose browser may ask for the data.
        memory: Most memory that the data takes; the oldest is forgotten. Such as "256MiB".
        following: Whether the newest is shown, and curves of the last seconds; else from the beginning.
    """

    address: str
    port: int
    web_port: int
    memory: str = "256MiB"
    following: bool = True


class Page:
    """Serves the data within a ``with`` block; every thread may add to it.

    Raises:
        ConfigurationError: The address is none of this machine's, or the port is taken.
    """

    def __init__(self, options: PageOptions) -> None:
        self._options = options
        self._named: set[str] = set()
        self._cameras: dict[str, tuple[Intrinsics, int, int]] = {}
        # Rows that are sent together are taken in together: a browser without a graphics card falls behind.
        batches = rr.ChunkBatcherConfig.DEFAULT()
        batches.flush_tick = _TOGETHER_S
        self._recording = rr.RecordingStream(
            "hand_tracking_dsp", send_properties=False, batcher_config=batches
        )

    def __enter__(self) -> Page:
        """Begin to serve."""
        options = self._options
        # Rerun would but write to the log, and go on without its server.
        require_free(options.address, options.port, "--data-port")
        try:
            sink = rr.GrpcServerSink(
                f"[{options.address}]" if ":" in options.address else options.address,
                options.port,
                server_memory_limit=options.memory,
                cors_allow_origin=_origins(options),
            )
            self._recording.set_sinks(sink, default_blueprint=blueprint(following=options.following))
        except (RuntimeError, ValueError, OSError) as error:
            msg = (
                f"Rerun does not serve at {options.address}, port {options.port} ({error}): choose another "
                "--address or --data-port."
            )
            raise ConfigurationError(msg) from error
        # The camera's optical frame: x right, y down, z forward.
        self._recording.log("world", rr.ViewCoordinates.RDF, static=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self._recording.disconnect()

    def flush(self) -> None:
        """Hand on to the server what was shown so far."""
        self._recording.flush(timeout_sec=_FLUSH_S)

    def show_curves(self, at_ns: int, topic: str, values: Mapping[str, float]) -> None:
        """Add to curves.

        Args:
            at_ns: Time, nanoseconds.
            topic: Topic that the values come from.
            values: Values by the names in curves.CURVES; NaN where one is not known.
        """
        self._set_time(at_ns)
        for path, names in _entities(topic, tuple(values)):
            numbers = [values[name] for name in names]
            if all(map(math.isnan, numbers)):
                continue
            if path not in self._named:
                self._named.add(path)
                self._recording.log(path, _series(names), static=True)
            self._recording.log(path, rr.Scalars(numbers))

    def show_lines(self, at_ns: int, lines: Lines) -> None:
        """Show figures in words: names and values."""
        self._set_time(at_ns)
        head, *others = [f"| {_escaped(name)} | {_escaped(value)} |" for name, value in lines]
        text = "\n".join((head, "|---|---|", *others, ""))
        self._recording.log(NOW, rr.TextDocument(text, media_type=rr.MediaType.MARKDOWN))

    def show_event(self, event: Event) -> None:
        """Add to the list of what happened."""
        self._set_time(round(event.at_s * 1e9))
        self._recording.log(EVENTS, rr.TextLog(event.text))

    def show_picture(self, at_ns: int, picture: ShownPicture, hands: Sequence[TrackedHand]) -> None:
        """Show a picture, and the hands in its pixels."""
        self._set_time(at_ns)
        self._place_camera(_CAMERA, picture.camera, picture.width, picture.height, _FRUSTUM_M)
        points = [hand.landmarks[:, :2] for hand in hands]
        strips = [hand[[start, end]] for hand in points for start, end in BONES]
        labels = [hand_label(hand) if joint == Joint.WRIST else "" for hand in hands for joint in Joint]
        # In one row, so that a slow browser shows no skeleton on the picture of another time.
        self._recording.log(
            PICTURE,
            rr.EncodedImage(contents=picture.jpeg, media_type="image/jpeg"),
            rr.LineStrips2D(strips, colors=_bone_colours(hands), radii=_BONE_PX),
            rr.Points2D(
                np.concatenate(points) if points else np.empty((0, 2), np.float32),
                colors=_joint_colours(hands),
                radii=_JOINT_PX,
                labels=labels,
                show_labels=True,
            ),
        )

    def show_hands(self, at_ns: int, joints: Sequence[tuple[TrackedHand | Hand3d, Floats]]) -> None:
        """Show hands in space: each with its joints, float32 [21, 3], metres, NaN where unknown."""
        self._set_time(at_ns)
        hands = [hand for hand, _ in joints]
        if not hands:
            self._recording.log(_HANDS, rr.Clear(recursive=False))
            return
        places = np.concatenate([one for _, one in joints])
        known = np.isfinite(places).all(axis=1)
        radii = np.concatenate([_radii(hand) for hand in hands])
        ends = np.array(
            [
                (len(Joint) * hand + start, len(Joint) * hand + end)
                for hand in range(len(hands))
                for start, end in BONES
            ]
        )
        whole = known[ends].all(axis=1)
        self._recording.log(
            _HANDS,
            rr.Points3D(places[known], colors=np.array(_joint_colours(hands))[known], radii=radii[known]),
            rr.LineStrips3D(places[ends[whole]], colors=np.array(_bone_colours(hands))[whole], radii=_BONE_M),
        )

    def show_depth(self, at_ns: int, depth_mm: NDArray[np.uint16], camera: Intrinsics) -> None:
        """Show a depth image, uint16 [height, width], millimetres, 0 = unknown, as a cloud."""
        self._set_time(at_ns)
        height, width = depth_mm.shape
        self._place_camera(_DEPTH, camera, width, height, _DEPTH_FRUSTUM_M)
        cloud = rr.DepthImage(
            depth_mm,
            meter=1000.0,
            # Grey, so that the hands' colours stand out.
            colormap=rr.components.Colormap.Grayscale,
            depth_range=(_NEAR_MM, _FAR_MM),
            point_fill_ratio=0.3,
        )
        self._recording.log(f"{_DEPTH}/image", cloud)

    def _place_camera(
        self, path: str, camera: Intrinsics, width: int, height: int, distance_m: float
    ) -> None:
        if self._cameras.get(path) == (camera, width, height):
            return
        self._cameras[path] = camera, width, height
        pinhole = rr.Pinhole(
            focal_length=(camera.fx, camera.fy),
            principal_point=(camera.cx, camera.cy),
            resolution=(width, height),
            camera_xyz=rr.ViewCoordinates.RDF,
            image_plane_distance=distance_m,
        )
        # Not of a time: the data keeps that however long it runs, and forgets what is old.
        self._recording.log(path, pinhole, static=True)

    def _set_time(self, at_ns: int) -> None:
        self._recording.set_time(TIME, timestamp=np.datetime64(at_ns, "ns"))


@cache
def _entities(topic: str, names: tuple[str, ...]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Put the curves of a message together that can be one entity of Rerun: of one plot and look."""
    found: dict[str, list[str]] = {}
    for name in names:
        look = "points" if CURVES[name].as_points else "lines"
        found.setdefault(f"plots/{name.partition('/')[0]}/{topic}/{look}", []).append(name)
    return tuple((path, tuple(together)) for path, together in found.items())


def _series(names: Sequence[str]) -> rr.SeriesLines | rr.SeriesPoints:
    curves = [CURVES[name] for name in names]
    labels = [curve.name for curve in curves]
    if curves[0].as_points:
        return rr.SeriesPoints(names=labels)
    steps = rr.components.InterpolationMode.StepAfter if curves[0].as_steps else None
    return rr.SeriesLines(names=labels, interpolation_mode=steps)


def _origins(options: PageOptions) -> list[str]:
    """Return the pages that may ask for the data: on loopback none that another machine has handed out."""
    names = ("localhost", "127.0.0.1", "[::1]") if ip_address(options.address).is_loopback else ("*",)
    return [f"http://{name}:{options.web_port}" for name in names]


def _bone_colours(hands: Sequence[TrackedHand | Hand3d]) -> list[tuple[int, ...]]:
    return [colour for hand in hands for colour in _of_bones(hand.handedness, _opacity(hand))]


def _joint_colours(hands: Sequence[TrackedHand | Hand3d]) -> list[tuple[int, ...]]:
    return [colour for hand in hands for colour in _of_joints(hand.handedness, _opacity(hand))]


@cache
def _of_bones(side: Handedness, opacity: int) -> list[tuple[int, ...]]:
    return [(*bone_colour(*bone, side)[::-1], opacity) for bone in BONES]


@cache
def _of_joints(side: Handedness, opacity: int) -> list[tuple[int, ...]]:
    # The hand's name has the colour of its wrist, and is to be read also where the hand is drawn through.
    return [
        (*joint_colour(joint, side)[::-1], _SOLID if joint == Joint.WRIST else opacity) for joint in Joint
    ]


def _opacity(hand: TrackedHand | Hand3d) -> int:
    return _SOLID if getattr(hand, "measured", True) else _PREDICTED


def _radii(hand: TrackedHand | Hand3d) -> Floats:
    """Return the radius of each joint, metres: those that depth did not show are smaller."""
    if not isinstance(hand, Hand3d):
        return np.full(len(Joint), _JOINT_M, np.float32)
    return np.where(hand.states == JointState.MEASURED, _JOINT_M, _GUESSED_M).astype(np.float32)


def _escaped(text: str) -> str:
    r"""Return a text for a cell of a table, in which \| would end it."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
