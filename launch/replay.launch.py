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

"""Track hands in a bag, which stands in for camera and battery; its time is the nodes' time.

This is hand_tracking.launch.py without camera and power node; its other arguments are taken here, too.
"""

from launch.actions import DeclareLaunchArgument, ExecuteProcess, Shutdown
from launch.substitutions import LaunchConfiguration
from launch_ros.substitutions import ExecutableInPackage

from hand_tracking_dsp.nodes.graph.launch_parts import argument, general
from launch import LaunchDescription


def generate_launch_description() -> LaunchDescription:
    """Include the general launch file and play the bag; all ends with it."""
    command = ExecutableInPackage(package="hand_tracking_dsp", executable="hand-tracking-dsp")
    return LaunchDescription(
        [
            DeclareLaunchArgument("bag", description="A rosbag2 folder, or an .mcap or .db3 file."),
            argument("rate", "1.0", "Speed of playing."),
            general({"camera": "false", "power": "false", "use_sim_time": "true"}),
            ExecuteProcess(
                cmd=[
                    *(command, "replay", LaunchConfiguration("bag"), "--rate", LaunchConfiguration("rate")),
                    # The tracker subscribes only once its networks are loaded.
                    *("--wait", "60", "--wait-for", LaunchConfiguration("image")),
                ],
                output="screen",
                on_exit=[Shutdown(reason="the bag has been played")],
            ),
        ]
    )
