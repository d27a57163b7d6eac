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

"""A change between colour and depth image costs no frame, whichever of them came first."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from rclpy.parameter import Parameter
from sensor_msgs.msg import Image

from hand_tracking_dsp.images.value_scale import ValueScale
from hand_tracking_dsp.nodes.base.managed import ManagedNode
from hand_tracking_dsp.nodes.graph.spinning import shared_context
from hand_tracking_dsp.nodes.image_intake import ImageIntake
from hand_tracking_dsp.nodes.messages.received_images import ReceivedImage
from hand_tracking_dsp.nodes.tables.tracker import TRACKER

SCALE = ValueScale()


class Given:
    """An intake in the mode auto, what it is given by hand, and what it gives on."""

    def __init__(self, node):
        self.images, self.kept = [], []
        inputs = SimpleNamespace(topic="/depth/image_raw", listen=self._listen)
        fusion = SimpleNamespace(input=inputs, receive=self.kept.append)
        received = SimpleNamespace(add_info=lambda _: None)
        colour = {}
        node.listen_to = lambda _, topic, callback, *__, **___: colour.setdefault(topic, callback)
        self.intake = ImageIntake(node, received, fusion, None, self._on_image)
        self.intake.restart()
        self.colour = colour["image_raw"]

    def _listen(self, callback):
        self.depth = callback

    def _on_image(self, message, is_depth):
        self.images.append((message.header.stamp.nanosec, is_depth))

    def change(self, image_ms, *, to_depth):
        """Say after an image that the other kind is to be used from now on."""
        mode = "depth_only" if to_depth else "fused"
        self.intake._chooser.consider = lambda *_: mode
        image = ReceivedImage(at(image_ms), image_ms / 1e3, 0.0, 0.0, 0.0, is_depth=not to_depth)
        self.intake.consider(image, SimpleNamespace(hands=()), SCALE)


def at(milliseconds):
    message = Image()
    message.header.stamp.sec, message.header.stamp.nanosec = 7, milliseconds
    return message


@pytest.fixture
def given(domain_id):
    with shared_context(domain_id) as context:
        overrides = [Parameter("depth.mode", value="auto")]
        node = ManagedNode("hand_tracker_node", TRACKER, context=context, parameter_overrides=overrides)
        yield Given(node)
        node.destroy_node()


def test_an_image_that_came_before_the_change_is_used_where_it_is_newer(given):
    given.colour(at(100))
    given.depth(at(101))
    given.change(100, to_depth=True)
    assert given.images == [(100, False), (101, True)]
    given.depth(at(134))
    given.colour(at(133))
    given.change(134, to_depth=False)
    assert given.images[2:] == [(134, True)], "the waiting colour image is older than what was shown last"
    given.colour(at(166))
    assert given.images[3:] == [(166, False)]


def test_an_image_is_not_shown_twice_in_both_kinds(given):
    given.depth(at(100))
    given.colour(at(100))
    given.change(100, to_depth=True)
    given.depth(at(99))
    assert given.images == [(100, False)], "neither the waiting one nor one that is late is newer"
    given.depth(at(133))
    assert given.images[1:] == [(133, True)]


def test_an_image_that_comes_while_the_change_is_made_is_used_once(given):
    given.colour(at(100))
    given.depth(at(101))
    given.change(100, to_depth=True)
    given.change(100, to_depth=True)
    assert given.images == [(100, False), (101, True)]


def test_without_a_change_depth_images_go_to_fusion(given):
    given.colour(at(100))
    given.depth(at(101))
    given.change(100, to_depth=False)
    assert given.images == [(100, False)]
    assert [message.header.stamp.nanosec for message in given.kept] == [101]


def test_after_a_pause_of_depth_one_image_of_a_moment_is_used(given):
    given.colour(at(100))
    given.depth(at(101))
    given.change(100, to_depth=True)
    given.intake._depth_s -= 60
    given.colour(at(900))
    given.depth(at(900))
    given.depth(at(933))
    assert given.images[2:] == [(900, False), (933, True)]
