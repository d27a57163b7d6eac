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

"""Drivers of depth cameras that presets start, and their parameters."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import yaml
from support.launching import Launched

from hand_tracking_dsp.resources import share_path

# A launch file of a driver, which writes down what it was given.
DRIVER = """
import json
from pathlib import Path
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction

def note(context):
    Path({path!r}).write_text(json.dumps(dict(context.launch_configurations)))

def generate_launch_description():
    # Such arguments of the driver are no business of this package's nodes.
    own = ("params_file", "respawn", "depth")
    arguments = [DeclareLaunchArgument(name, default_value="drivers") for name in own]
    return LaunchDescription([*arguments, OpaqueFunction(function=note)])
"""


@pytest.mark.parametrize(
    ("preset", "package", "file", "given", "colour", "depth"),
    [
        (
            "realsense.launch.py",
            "realsense2_camera",
            "rs_launch.py",
            {
                "camera_namespace": "camera",
                "camera_name": "eye",
                "enable_color": "true",
                "enable_depth": "true",
                "align_depth.enable": "true",
                "enable_sync": "true",
                "rgb_camera.color_profile": "640x480x30",
                "depth_module.depth_profile": "640x480x30",
            },
            "/camera/eye/color/image_raw",
            "/camera/eye/aligned_depth_to_color/image_raw",
        ),
        *(
            (
                "depthai.launch.py",
                "depthai_ros_driver",
                file,
                {"name": "eye", "namespace": "", "camera_model": "OAK-D"},
                "/eye/rgb/image_raw",
                "/eye/stereo/image_raw",
            )
            for file in ("camera.launch.py", "driver.launch.py")
        ),
    ],
)
def test_presets_of_depth_cameras_start_the_driver_and_take_its_images(
    launch, preset, package, file, given, colour, depth, tmp_path, monkeypatch
):
    notes = tmp_path / "given.json"
    folder = tmp_path / "share" / package / "launch"
    folder.mkdir(parents=True)
    (folder / file).write_text(DRIVER.format(path=str(notes)))
    index = tmp_path / "share" / "ament_index" / "resource_index" / "packages"
    index.mkdir(parents=True)
    (index / package).touch()
    monkeypatch.setenv("AMENT_PREFIX_PATH", str(tmp_path), prepend=os.pathsep)
    without = dict.fromkeys(("controller", "power"), "false")
    launched = Launched(launch, preset, {"namespace": "robot", "camera_name": "eye", **without})
    launched.run(lambda running: running.active("robot") == {"hand_tracker_node"})
    assert launched.active("robot") == {"hand_tracker_node"}
    found = json.loads(notes.read_text())
    assert {name: found[name] for name in given} == given
    if preset == "depthai.launch.py":
        assert Path(found["params_file"]).samefile(share_path("config", "depthai.yaml"))
    command = launched.commands["hand_tracker_node"]
    assert {f"image_raw:={colour}", f"depth/image_raw:={depth}"} <= set(command)
    files = [Path(command[place + 1]) for place, word in enumerate(command) if word == "--params-file"]
    assert files[0].samefile(share_path("config", "hand_tracking.yaml"))
    assert yaml.safe_load(files[1].read_text())["/**"]["ros__parameters"]["depth.mode"] == "fused"


def test_parameters_of_depthais_driver_are_yaml_for_any_node():
    content = yaml.safe_load(share_path("config", "depthai.yaml").read_text(encoding="utf-8"))
    parameters = content["/**"]["ros__parameters"]
    assert parameters["stereo"] == {"i_align_depth": True, "i_synced": True, "i_subpixel": True}
    assert (parameters["rgb"], parameters["camera"]["i_nn_type"]) == ({"i_synced": True}, "none")
