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

"""A bag on the page: which of its topics are shown, and all of them read once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from hand_tracking_dsp.errors import FrameError, SourceError
from hand_tracking_dsp.recordings.bags.depth_topics import base_topic, depth_topic, info_topics
from hand_tracking_dsp.recordings.bags.images import image_connections
from hand_tracking_dsp.recordings.bags.reader import Bag
from hand_tracking_dsp.viewing.topics import DEPTH, DEPTH_INFO, FIGURES, HANDS, HANDS_3D, IMAGE, INFO, SCENE

if TYPE_CHECKING:
    from hand_tracking_dsp.viewing.show import Show

_PROGRESS_EVERY = 100


def show_bag(bag: Bag, show: Show, image_topic: str = "") -> Iterator[tuple[float, float]]:
    """Show a bag.

    Args:
        bag: Bag that is open.
        show: Place to show it.
        image_topic: Topic of the pictures; may be left out where there is only one camera.

    Yields:
        Now and then the position and the length of the bag, seconds.

    Raises:
        SourceError: There is nothing in it that can be shown.
        ConfigurationError: There are several cameras, and none is named.
    """
    names = shown_topics(bag, image_topic)
    if not names or bag.span_ns is None:
        msg = (
            f"The bag {bag.path} has nothing that the page shows (it has {bag.contents()}): record images, "
            "hands or stats, as hand-tracking-dsp record does."
        )
        raise SourceError(msg)
    first_ns, last_ns = bag.span_ns
    chosen = [one for one in bag.connections if one.topic in names]
    for count, (connection, at_ns, data) in enumerate(bag.messages(chosen)):
        name = names[connection.topic]
        if show.is_due(name, at_ns):
            with suppress(FrameError):  # the bag has counted it
                show.add(name, bag.deserialize(data, connection.msgtype), at_ns)
        if count % _PROGRESS_EVERY == 0:
            yield (at_ns - first_ns) / 1e9, (last_ns - first_ns) / 1e9
    show.scene.finish()
    yield (last_ns - first_ns) / 1e9, (last_ns - first_ns) / 1e9


def shown_topics(bag: Bag, image_topic: str = "") -> dict[str, str]:
    """Choose the topics of a bag that are shown: names in topics.FIGURES and topics.SCENE by topic.

    Raises as image_connections does where a topic of images is named, or there are several.
    """
    images: list[Any] = []
    try:
        images = image_connections(bag, image_topic)
    except SourceError:
        if image_topic:
            raise
    camera = base_topic(images[0].topic) if images else "/"
    chosen = {images[0].topic: IMAGE} if images else {}
    for name, kind in {**FIGURES, HANDS: SCENE[HANDS], HANDS_3D: SCENE[HANDS_3D]}.items():
        if topic := _nearest(bag, name, kind, camera):
            chosen[topic] = name
    depth = ""
    with suppress(SourceError):
        depth = depth_topic(bag.connections, camera)
    if depth and depth not in chosen:
        chosen[depth] = DEPTH
    infos = {one.topic for one in bag.connections if one.msgtype == SCENE[INFO]}
    for name, of in ((INFO, camera), (DEPTH_INFO, depth)):
        found = [topic for topic in info_topics(of, camera) if topic in infos] if of else []
        if found:
            chosen.setdefault(found[0], name)
    return chosen


def _nearest(bag: Bag, name: str, kind: str, camera: str) -> str:
    """Return the topic of a name and type in the namespace that is most like the camera's; "": none."""
    found = sorted(
        {one.topic for one in bag.connections if one.msgtype == kind and _is_named(one.topic, name)}
    )
    return max(found, key=lambda topic: _shared(topic, camera), default="")


def _is_named(topic: str, name: str) -> bool:
    return f"/{topic.strip('/')}".endswith(f"/{name}")


def _shared(one: str, other: str) -> int:
    """Return how many words the beginnings of two topics share."""
    pairs = zip(one.split("/"), other.split("/"), strict=False)
    return next((count for count, (mine, its) in enumerate(pairs) if mine != its), 0)
