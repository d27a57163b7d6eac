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

"""Headers and cameras that are not as they should be; the graph's own camera is away meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from random import Random

from builtin_interfaces.msg import Time
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from faults.injection import fault
from faults.kinds.images import good_image
from faults.running_graph import RunningGraph

_TRACKER = "hand_tracker_node"
_CAMERA = "camera_node"


@contextmanager
def _camera_away(graph: RunningGraph) -> Iterator[None]:
    """Clean up the graph's own camera for the length of a ``with`` block."""
    graph.change_state(_CAMERA, "deactivate")
    graph.change_state(_CAMERA, "cleanup")
    try:
        yield
    finally:
        graph.change_state(_CAMERA, "configure")
        graph.change_state(_CAMERA, "activate")


def _replaced(name: str, node: str, saying: str, change: Callable[[Image, int], None]) -> None:
    """Declare a fault of the camera itself: it cleans up, and a stranger takes its place."""

    @fault(name, node, saying, transport="raw")
    def inject(graph: RunningGraph, _: Random) -> Generator[str, None, None]:
        def make(number: int) -> Image:
            image = good_image(graph)
            change(image, number)
            return image

        with _camera_away(graph), graph.stranger(Image, "image_raw", make):
            yield ""


def _frozen(image: Image, _: int) -> None:
    image.header.stamp = Time(sec=1_700_000_000)


def _shifted(seconds: int) -> Callable[[Image, int], None]:
    def change(image: Image, _: int) -> None:
        image.header.stamp.sec += seconds

    return change


def _back_and_forth(image: Image, number: int) -> None:
    image.header.stamp.sec -= 3600 * (number % 2)


def _nameless(image: Image, _: int) -> None:
    image.header.frame_id = ""


_replaced("stamps that stand still", f"{_TRACKER}|gesture_node", "stamp", _frozen)
_replaced("a camera's clock 5 s behind", f"{_TRACKER}|pruning_controller", "clock", _shifted(-5))
_replaced("a camera's clock 30 s ahead", f"{_TRACKER}|pruning_controller", "clock|future", _shifted(30))
_replaced("stamps that jump back and forth", f"{_TRACKER}|gesture_node", "stamp|clock", _back_and_forth)
_replaced("an empty frame_id", _TRACKER, "frame_id", _nameless)


@fault("a second camera on one topic", _TRACKER, "publish", transport="raw")
def _second_camera(graph: RunningGraph, _: Random) -> Generator[str, None, None]:
    with graph.stranger(Image, "image_raw", lambda _: good_image(graph)):
        yield ""


@fault("compressed images on image_raw", _TRACKER, "CompressedImage", transport="raw")
def _wrong_type(graph: RunningGraph, _: Random) -> Generator[str, None, None]:
    with _camera_away(graph), graph.stranger(CompressedImage, "image_raw", lambda _: CompressedImage()):
        yield ""


def _info(name: str, saying: str, values: dict[str, object]) -> None:
    @fault(name, _TRACKER, saying)
    def inject(graph: RunningGraph, _: Random) -> Generator[str, None, None]:
        def make(_: int) -> CameraInfo:
            message = CameraInfo(**values)
            message.header.stamp = graph.probe.node.get_clock().now().to_msg()
            return message

        with graph.stranger(CameraInfo, "camera_info", make, rate_hz=50):
            yield ""


_K = [500.0, 0.0, 320.0, 0.0, 500.0, 240.0, 0.0, 0.0, 1.0]
_info("camera_info of another shape than the image", "camera_info", {"width": 1000, "height": 100, "k": _K})
_info("camera_info of NaN", "camera_info", {"width": 320, "height": 240, "k": [float("nan")] * 9})
