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

"""Track hands in colour and depth of an Intel RealSense camera; realsense2_camera must be installed.

This is hand_tracking.launch.py with realsense2_camera's rs_launch.py, which aligns depth to the colour image;
the arguments of both are taken here, too.
"""

from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.substitutions import FindPackageShare

from hand_tracking_dsp.nodes.graph.launch_parts import argument, driver, with_depth_camera
from launch import LaunchDescription


def generate_launch_description() -> LaunchDescription:
    """Include the general launch file without the camera node, and the driver's."""
    namespace, name = LaunchConfiguration("camera_namespace"), LaunchConfiguration("camera_name")
    camera = ["/", namespace, "/", name, "/"]
    colour, depth = LaunchConfiguration("color_profile"), LaunchConfiguration("depth_profile")
    return LaunchDescription(
        [
            argument("camera_namespace", "camera", "Namespace of the driver."),
            argument("camera_name", "camera", "Name of the driver's node."),
            argument("color_profile", "640x480x30", "Width, height and rate of the colour image."),
            argument("depth_profile", "640x480x30", "Width, height and rate of the depth image."),
            with_depth_camera(camera, "color/image_raw", "aligned_depth_to_color/image_raw"),
            driver(
                PathJoinSubstitution([FindPackageShare("realsense2_camera"), "launch", "rs_launch.py"]),
                {
                    "camera_namespace": namespace,
                    "camera_name": name,
                    "enable_color": "true",
                    "enable_depth": "true",
                    "align_depth.enable": "true",
                    "enable_sync": "true",
                    "rgb_camera.color_profile": colour,
                    "depth_module.depth_profile": depth,
                    # As they are named before 4.55.
                    "rgb_camera.profile": colour,
                    "depth_module.profile": depth,
                },
            ),
        ]
    )
