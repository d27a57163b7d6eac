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

"""Bags that the package reads and does not write."""

from __future__ import annotations

from pathlib import Path

import cv2

from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.synthetic import SyntheticHandSource


def with_lz4(path: Path) -> Path:
    """Copy an MCAP file into one whose chunks are compressed by LZ4."""
    from mcap.reader import make_reader
    from mcap.writer import CompressionType, Writer

    copy = path.parent.with_name("lz4.mcap")
    channels: dict[int, int] = {}
    with path.open("rb") as file:
        writer = Writer(str(copy), chunk_size=1000, compression=CompressionType.LZ4)
        writer.start("ros2")
        for schema, channel, message in make_reader(file).iter_messages():
            if schema and channel.id not in channels:
                kind = writer.register_schema(schema.name, schema.encoding, schema.data)
                channels[channel.id] = writer.register_channel(channel.topic, "cdr", kind)
            writer.add_message(
                channels[channel.id], message.log_time, message.data, message.publish_time, message.sequence
            )
        writer.finish()  # type: ignore[no-untyped-call]
    return copy


def ros1_bag(path: Path) -> Path:
    """Write a bag of ROS 1 with three compressed images."""
    from rosbags.rosbag1 import Writer
    from rosbags.typesys import Stores, get_typestore

    store = get_typestore(Stores.ROS1_NOETIC)
    kind = "sensor_msgs/msg/CompressedImage"
    header, stamp = store.types["std_msgs/msg/Header"], store.types["builtin_interfaces/msg/Time"]
    with SyntheticHandSource(SourceOptions(width=160, height=120)) as camera, Writer(path) as writer:
        connection = writer.add_connection("/image_raw/compressed", kind, typestore=store)
        for number in range(3):
            frame = camera.read()
            if frame is None:
                break
            jpeg = cv2.imencode(".jpg", frame.image)[1].reshape(-1)
            message = store.types[kind](header(number, stamp(number, 0), "camera"), "jpeg", jpeg)
            writer.write(connection, number * 10**9, bytes(store.serialize_ros1(message, kind)))
    return path
