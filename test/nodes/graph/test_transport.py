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

"""Transport of images between processes, and what is said of it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image
from std_msgs.msg import Empty

from hand_tracking_dsp.nodes.graph.spinning import SpinningNode
from hand_tracking_dsp.nodes.graph.transport import (
    BUILTIN_VARIABLE,
    PROFILE_VARIABLES,
    fast_dds_version,
    rmw_implementation,
    transport_in_force,
    transport_variables,
)
from hand_tracking_dsp.resources import share_path

PROFILE = str(share_path("config", "fastdds.xml"))
OLD, NEW = PROFILE_VARIABLES[2], PROFILE_VARIABLES[3]
OPTIONS = {BUILTIN_VARIABLE: "DEFAULT?sockets_size=4MB"}
IMAGES = 20

# Publishes images of 640x480, the next as soon as one is acknowledged, or known to be lost.
PUBLISHER = f"""
import threading
import rclpy
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image
from std_msgs.msg import Empty
rclpy.init()
node = rclpy.create_node("publisher")
arrived = threading.Event()
node.create_subscription(Empty, "arrived", lambda _: arrived.set(), 10)
publisher = node.create_publisher(Image, "image", qos_profile_sensor_data)
threading.Thread(target=rclpy.spin, args=(node,), daemon=True).start()
image = Image(height=480, width=640, step=1920, encoding="bgr8", data=bytes(480 * 1920))
while not arrived.wait(0.2):  # until both have found each other
    publisher.publish(Image())
for number in range({IMAGES}):
    arrived.clear()
    publisher.publish(image)
    arrived.wait(2.0)
print("done", flush=True)
import os
os._exit(0)
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Callable[[str], dict[str, str]]:
    """Give a maker of environments in which a library of Fast DDS is installed."""

    def make(library: str) -> dict[str, str]:
        (tmp_path / "lib").mkdir()
        (tmp_path / "lib" / library).touch()
        (tmp_path / "lib" / library.partition(".so")[0]).with_suffix(".so").touch()
        return {"AMENT_PREFIX_PATH": f"/nowhere:{tmp_path}"}

    return make


@pytest.fixture
def humble(workspace: Callable[[str], dict[str, str]]) -> dict[str, str]:
    return workspace("libfastrtps.so.2.6.9")


def test_images_between_two_processes_arrive_with_the_profile_alone(
    domain_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not rmw_implementation().startswith("rmw_fastrtps"):
        pytest.skip(f"the middleware here is {rmw_implementation()}, not Fast DDS")
    for name in (OLD, NEW, BUILTIN_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ROS_DOMAIN_ID", str(domain_id))
    variables = transport_variables(os.environ)
    assert list(variables.values()) == [PROFILE]
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    images = []
    with SpinningNode("subscriber", domain_id) as subscriber:
        acknowledge = subscriber.node.create_publisher(Empty, "arrived", 10)

        def on_image(image: Image) -> None:
            images.extend([image] if image.height else [])
            acknowledge.publish(Empty())

        subscriber.node.create_subscription(Image, "image", on_image, qos_profile_sensor_data)
        child = subprocess.run(
            [sys.executable, "-c", PUBLISHER], text=True, capture_output=True, timeout=300, check=False
        )
    assert child.stdout == "done\n", child.stderr
    assert "rror" not in child.stderr
    # By default 3 of 4 are lost, most of the time more.
    assert len(images) >= IMAGES - 2


@pytest.mark.parametrize(
    ("library", "version", "variable"),
    [
        ("libfastrtps.so.2.6.9", (2, 6), OLD),
        ("libfastrtps.so.2.14.5", (2, 14), OLD),
        ("libfastdds.so.3.2.2", (3, 2), NEW),
        ("libfastdds.so.3.4", (3, 4), NEW),
    ],
)
def test_each_version_of_fast_dds_gets_the_profile_in_the_variable_that_it_reads(
    workspace: Callable[[str], dict[str, str]], library: str, version: tuple[int, int], variable: str
) -> None:
    environment = workspace(library)
    assert fast_dds_version(environment) == version
    assert transport_variables(environment) == {variable: PROFILE}


def test_without_its_library_the_distribution_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", "/nowhere")
    assert fast_dds_version({}) is None
    assert transport_variables({"ROS_DISTRO": "humble"}) == {OLD: PROFILE}
    assert transport_variables({"ROS_DISTRO": "lyrical"}) == {NEW: PROFILE}


@pytest.mark.parametrize("choice", [{OLD: "/mine.xml"}, {NEW: "/mine.xml"}, {OLD: ""}])
def test_a_profile_of_the_users_stays(humble: dict[str, str], choice: dict[str, str]) -> None:
    assert transport_variables({**humble, **choice}) == {}


@pytest.mark.parametrize("name", ["DEFAULT_FASTRTPS_PROFILES.xml", "DEFAULT_FASTDDS_PROFILES.xml"])
def test_a_profile_in_the_working_directory_stays(
    humble: dict[str, str], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).touch()
    assert transport_variables(humble) == {}
    assert transport_in_force(humble).settings == f"Fast DDS 2.6 with the profile {tmp_path / name}"
    assert transport_in_force(humble).warning == ""


def test_another_middleware_gets_no_profile(humble: dict[str, str]) -> None:
    environment = {**humble, "RMW_IMPLEMENTATION": "rmw_cyclonedds_cpp"}
    assert transport_variables(environment) == {}
    assert str(transport_in_force(environment)) == (
        "Images are exchanged by rmw_cyclonedds_cpp: docs/nodes.md says what it needs for images."
    )


def test_says_which_profile_is_in_force(humble: dict[str, str]) -> None:
    transport = transport_in_force({**humble, **transport_variables(humble)})
    assert str(transport) == (
        f"Images are exchanged by rmw_fastrtps_cpp: Fast DDS 2.6 with the profile {PROFILE}."
    )
    assert transport.warning == ""


@pytest.mark.parametrize(
    "choice", [{}, OPTIONS, {OLD: ""}, {OLD: "", BUILTIN_VARIABLE: "UDPv4"}, {OLD: "", **OPTIONS}]
)
def test_warns_of_the_defaults_which_lose_images(humble: dict[str, str], choice: dict[str, str]) -> None:
    assert transport_in_force({**humble, **choice}).warning == (
        "By the defaults of Fast DDS most images of 640x480 are lost between two processes: "
        f"set {OLD}={PROFILE}."
    )


@pytest.mark.parametrize(
    "choice", [OPTIONS, {BUILTIN_VARIABLE: "LARGE_DATA"}, {BUILTIN_VARIABLE: "LARGE_DATAv6"}]
)
def test_does_not_warn_of_transports_that_lose_none(
    workspace: Callable[[str], dict[str, str]], choice: dict[str, str]
) -> None:
    assert transport_in_force({**workspace("libfastrtps.so.2.14.5"), **choice}).warning == ""


def test_warns_of_a_profile_that_does_not_exist(humble: dict[str, str]) -> None:
    warning = transport_in_force({**humble, OLD: "/nowhere/mine.xml"}).warning
    assert warning == f"The profile /nowhere/mine.xml does not exist: set {OLD}={PROFILE}."


@pytest.mark.parametrize(
    "choice", [{"ROS_LOCALHOST_ONLY": "1"}, {"ROS_AUTOMATIC_DISCOVERY_RANGE": "localhost"}]
)
def test_warns_of_localhost_only_which_leaves_the_profile_aside(
    humble: dict[str, str], choice: dict[str, str]
) -> None:
    warning = transport_in_force({**humble, **transport_variables(humble), **choice}).warning
    assert "leave all settings of the transport aside" in warning
    assert "set ROS_DOMAIN_ID" in warning
