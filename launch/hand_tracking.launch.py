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

"""Start camera, tracker, controller and power nodes, and those of gestures where asked to.

`--show-args` lists the arguments.
"""

from launch.actions import DeclareLaunchArgument, LogInfo, OpaqueFunction, SetEnvironmentVariable
from launch.conditions import IfCondition
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.substitutions import FindPackageShare

from hand_tracking_dsp.nodes.graph.transport import transport_in_force, transport_variables
from launch import LaunchContext, LaunchDescription, SomeSubstitutionsType

PACKAGE = "hand_tracking_dsp"

# Launch argument and executable. The nodes are lifecycle nodes that start themselves (their
# parameter autostart), so nothing here drives their transitions.
NODES = {
    "camera": "camera_node",
    "tracker": "hand_tracker_node",
    "controller": "pruning_controller_node",
    "power": "power_node",
    "gesture": "gesture_node",
    "teleop": "gesture_teleop_node",
    "trigger": "gesture_trigger_node",
}

# These start only where they are asked for.
ON_REQUEST = ("gesture", "teleop", "trigger")


def generate_launch_description() -> LaunchDescription:
    """Describe the arguments, the transport and the nodes."""
    defaults = PathJoinSubstitution([FindPackageShare(PACKAGE), "config", "hand_tracking.yaml"])
    return LaunchDescription(
        [
            _argument("namespace", "", "Namespace of all nodes and topics."),
            _argument("params_file", defaults, "ROS parameter file of all nodes."),
            _argument("source", "", "Source of the camera node; empty: as the parameter file says."),
            _argument("log_level", "info", "debug, info, warn, error or fatal."),
            _argument("use_sim_time", "false", "Take the time from /clock."),
            _argument("respawn", "false", "Start a node again when its process ends."),
            *(
                _argument(name, "false" if name in ON_REQUEST else "true", f"Start {node}.")
                for name, node in NODES.items()
            ),
            _argument("image", "image_raw", "Image topic, for a camera driver of your own (camera:=false)."),
            _argument("camera_info", "camera_info", "Its CameraInfo topic."),
            _argument("battery", "battery_state", "BatteryState topic, for a robot base's (power:=false)."),
            _argument("cmd_vel", "cmd_vel", "Twist topic of the robot base (teleop:=true)."),
            OpaqueFunction(function=_transport),
            OpaqueFunction(function=_nodes),
        ]
    )


def _transport(context: LaunchContext) -> list[SetEnvironmentVariable | LogInfo]:
    """Set what images need of Fast DDS, and say where the user's own settings lose them."""
    variables = transport_variables(context.environment)
    transport = transport_in_force({**context.environment, **variables})
    actions = [SetEnvironmentVariable(name, value) for name, value in variables.items()]
    return [*actions, LogInfo(msg=transport.warning)] if transport.warning else actions


def _nodes(context: LaunchContext) -> list[Node]:
    """Make the nodes; source is looked at, as a parameter that is given empty would not be left out."""
    image, info, battery, cmd_vel = (
        LaunchConfiguration(name) for name in ("image", "camera_info", "battery", "cmd_vel")
    )
    remappings = [
        ("image_raw", image),
        ("image_raw/compressed", [image, "/compressed"]),
        ("camera_info", info),
        ("battery_state", battery),
        ("cmd_vel", cmd_vel),
    ]
    source = LaunchConfiguration("source").perform(context)
    more = {"camera": [{"source": source}] if source else []}
    return [
        Node(
            package=PACKAGE,
            executable=executable,
            namespace=LaunchConfiguration("namespace"),
            parameters=[
                LaunchConfiguration("params_file"),
                {"use_sim_time": LaunchConfiguration("use_sim_time")},
                *more.get(argument, []),
            ],
            remappings=remappings,
            ros_arguments=["--log-level", LaunchConfiguration("log_level")],
            respawn=LaunchConfiguration("respawn"),
            output="screen",
            condition=IfCondition(LaunchConfiguration(argument)),
        )
        for argument, executable in NODES.items()
    ]


def _argument(name: str, default: SomeSubstitutionsType, description: str) -> DeclareLaunchArgument:
    return DeclareLaunchArgument(name, default_value=default, description=description)
