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

"""Track hands in colour and depth of an OAK camera; depthai_ros_driver must be installed.

This is hand_tracking.launch.py with depthai_ros_driver's own launch file, which aligns depth to the colour
image; the other arguments of the general launch file are taken here, too.
"""

from pathlib import Path

from launch.actions import GroupAction, OpaqueFunction
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.substitutions import FindPackageShare

from hand_tracking_dsp.nodes.graph.launch_parts import argument, driver, with_depth_camera
from launch import LaunchContext, LaunchDescription

# Of depthai-ros 3 and 2.
DRIVERS = ("driver.launch.py", "camera.launch.py")


def generate_launch_description() -> LaunchDescription:
    """Include the general launch file without the camera node, and the driver's."""
    parameters = PathJoinSubstitution([FindPackageShare("hand_tracking_dsp"), "config", "depthai.yaml"])
    camera = ["/", LaunchConfiguration("camera_name"), "/"]
    return LaunchDescription(
        [
            argument("camera_name", "oak", "Name of the driver's node."),
            argument("camera_model", "OAK-D", "Model of the camera, for its frames in tf."),
            argument("camera_params_file", parameters, "ROS parameter file of the driver."),
            with_depth_camera(camera, "rgb/image_raw", "stereo/image_raw"),
            OpaqueFunction(function=_driver),
        ]
    )


def _driver(context: LaunchContext) -> list[GroupAction]:
    """Include the launch file that the driver has; its arguments of the same names are other ones."""
    folder = Path(FindPackageShare("depthai_ros_driver").perform(context), "launch")
    file = next((folder / name for name in DRIVERS if (folder / name).is_file()), folder / DRIVERS[0])
    arguments = {
        "name": LaunchConfiguration("camera_name"),
        "namespace": "",
        "camera_model": LaunchConfiguration("camera_model"),
        "params_file": LaunchConfiguration("camera_params_file"),
    }
    return [driver(str(file), arguments)]
