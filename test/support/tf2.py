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


"""A stand-in for tf2_ros, which is no part of the ROS 2 on PyPI, with the part of it that the nodes use."""

from __future__ import annotations

from types import SimpleNamespace


class TransformError(Exception):
    """Stands in for tf2's TransformException."""


class ExtrapolationError(TransformError):
    """Stands in for tf2's ExtrapolationException."""


class InvalidArgumentError(TransformError):
    """Stands in for tf2's InvalidArgumentException."""


def stand_in(known):
    """Make the module tf2_ros with a state that says what was done with it.

    Args:
        known: The transform that is known between state.frames, at the latest time alone.
    """
    frames = ("camera_optical_frame", "base_link")
    state = SimpleNamespace(known=known, frames=frames, sent=[], asked=[], cleared=0, unregistered=0)

    class Buffer:
        def lookup_transform(self, target, source, time):
            state.asked.append((target, source, time.nanoseconds))
            if not source:
                msg = 'Invalid argument "" passed to lookupTransform: frame_id cannot be empty'
                raise InvalidArgumentError(msg)
            if (source, target) != state.frames:
                msg = f'"{target}" passed to lookupTransform does not exist.'
                raise TransformError(msg)
            if time.nanoseconds:
                msg = "Lookup would require extrapolation into the future."
                raise ExtrapolationError(msg)
            return state.known

        def clear(self):
            state.cleared += 1

    class TransformListener:
        def __init__(self, buffer, node):
            pass

        def unregister(self):
            state.unregistered += 1

    class TransformBroadcaster:
        def __init__(self, node):
            self.pub_tf = node.create_publisher(type(known), "/tf", 100)

        def sendTransform(self, transform):  # noqa: N802 (its name in tf2)
            state.sent.append(transform)

    state.module = SimpleNamespace(
        Buffer=Buffer,
        TransformListener=TransformListener,
        TransformBroadcaster=TransformBroadcaster,
        TransformException=TransformError,
        ExtrapolationException=ExtrapolationError,
    )
    return state
