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

import json

from launch.actions import (
    EmitEvent,
    LogInfo,
    OpaqueFunction,
    RegisterEventHandler,
    SetEnvironmentVariable,
)
from launch.conditions import IfCondition
from launch.event_handlers import OnProcessIO
from launch.events import matches_action
from launch.events.process import ProcessIO, SignalProcess
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare

from hand_tracking_dsp.nodes.graph.division import divide
from hand_tracking_dsp.nodes.graph.launch_parts import argument
from hand_tracking_dsp.nodes.graph.names import FOR_DRIVING, RESTART, SHORT_NAMES
from hand_tracking_dsp.nodes.graph.transport import transport_in_force, transport_variables
from launch import LaunchContext, LaunchDescription

PACKAGE = "hand_tracking_dsp"

# The nodes are lifecycle nodes that start themselves (their parameter autostart), so nothing here drives
# their transitions. These start only where they are asked for.
ON_REQUEST = ("gesture", "teleop", "trigger")

# Arguments that set parameters of nodes where they are not empty.
PARAMETERS = {
    "source": {"camera": "source"},
    "bank": {"tracker": "bank", "controller": "bank", "power": "bank"},
    "policy": {"controller": "policy"},
    "policy_file": {"controller": "policy_file"},
    "transport": {"tracker": "image_transport"},
    "depth_mode": {"tracker": "depth.mode"},
    "autostart": {
        "camera": "autostart",
        "tracker": "autostart",
        "controller": "autostart",
        "power": "autostart",
        "gesture": "autostart",
        "teleop": "autostart",
        "trigger": "autostart",
    },
}


def generate_launch_description() -> LaunchDescription:
    """Describe the arguments, the transport and the nodes."""
    defaults = PathJoinSubstitution([FindPackageShare(PACKAGE), "config", "hand_tracking.yaml"])
    return LaunchDescription(
        [
            argument("namespace", "", "Namespace of all nodes and topics."),
            argument("params_file", defaults, "ROS parameter file of all nodes."),
            argument("source", "", "Source of the camera node; empty: as the parameter file says."),
            argument("bank", "", "Folder of the level bank; empty: as the parameter file says."),
            argument("policy", "", "What chooses the level.", "auto", "learned", "threshold", "fixed"),
            argument("policy_file", "", "Manifest of the learned policy, policy.json."),
            argument("transport", "", "Image to exchange; empty: as the file says.", "raw", "compressed"),
            argument("autostart", "", "false: a lifecycle manager starts the nodes.", "true", "false"),
            argument("enclave", "", "SROS2: path of the enclaves, which bear the nodes' names; empty: none."),
            argument("log_level", "info", "debug, info, warn, error or fatal."),
            argument("use_sim_time", "false", "Take the time from /clock."),
            argument("respawn", "false", "Start a node again when it ends, freezes or goes deaf."),
            argument("respawn_delay", "2.0", "Seconds until then."),
            argument("composed", "true", "Camera and tracker in one process, if both start.", "false"),
            *(
                argument(name, "false" if name in ON_REQUEST else "true", f"Start {node}.")
                for name, node in SHORT_NAMES.items()
            ),
            argument("image", "image_raw", "Image topic, for a camera driver of your own (camera:=false)."),
            argument("camera_info", "camera_info", "Its CameraInfo topic."),
            argument("depth", "depth/image_raw", "Topic of the depth image; its camera_info lies beside it."),
            argument("depth_mode", "", "Use of depth.", "rgb", "fused", "depth_only", "auto"),
            argument("battery", "battery_state", "BatteryState topic, for a robot base's (power:=false)."),
            argument("cmd_vel", "cmd_vel", "Twist topic of the robot base (teleop:=true)."),
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


def _nodes(context: LaunchContext) -> list[Node | RegisterEventHandler]:
    """Make the nodes; arguments are looked at, as a parameter that is given empty would not be left out."""
    started = {
        node: name
        for name, node in SHORT_NAMES.items()
        if IfCondition(LaunchConfiguration(name)).evaluate(context)
    }
    composed = IfCondition(LaunchConfiguration("composed")).evaluate(context)
    set_here = _set_by_arguments(context)
    if "gesture_teleop_node" in started:
        for node in FOR_DRIVING.keys() & started.keys():
            set_here[started[node]] |= FOR_DRIVING[node]
    processes = {}
    for name, nodes in divide(tuple(started), composed=composed).items():
        processes[name] = _process(context, {node: set_here[started[node]] for node in nodes})
    actions = [*processes.values()]
    if processes and IfCondition(LaunchConfiguration("respawn")).evaluate(context):
        actions += _watch(context, processes)
    return actions


def _process(context: LaunchContext, parameters: dict[str, dict[str, bool | float | str]]) -> Node:
    """Make the process of one or several nodes, given the parameters by node."""
    if len(parameters) == 1:
        return _node(context, *parameters.popitem())
    arguments = list(parameters)
    for node, values in parameters.items():
        arguments += [f"{node}.{key}={json.dumps(value)}" for key, value in values.items()]
    return _node(context, "composed_nodes", arguments=arguments)


def _watch(context: LaunchContext, processes: dict[str, Node]) -> list[Node | RegisterEventHandler]:
    """Start the program that names nodes that are alive and do not work; respawn follows their end."""
    watch = _node(context, "flow_watch", arguments=list(processes))

    def end(event: ProcessIO) -> list[EmitEvent]:
        lines = event.text.decode(errors="replace").splitlines()
        named = {processes[line.split()[1]] for line in lines if line.startswith(f"{RESTART} ")}
        return [
            EmitEvent(event=SignalProcess(signal_number="SIGKILL", process_matcher=matches_action(process)))
            for process in named
        ]

    return [watch, RegisterEventHandler(OnProcessIO(target_action=watch, on_stdout=end))]


def _set_by_arguments(context: LaunchContext) -> dict[str, dict[str, bool | float | str]]:
    """Return the parameters that arguments set, by node."""
    parameters: dict[str, dict[str, bool | float | str]] = {name: {} for name in SHORT_NAMES}
    for name, names in PARAMETERS.items():
        if text := LaunchConfiguration(name).perform(context):
            for node, parameter in names.items():
                parameters[node][parameter] = text == "true" if name == "autostart" else text
    # Whoever starts a launch file may run any pipeline on this machine anyway.
    if parameters["camera"].get("source", "").startswith("gst:"):
        parameters["camera"]["allow_gstreamer"] = True
    if parameters["tracker"].get("image_transport") == "compressed":
        parameters["camera"]["compressed"] = True
    return parameters


def _node(
    context: LaunchContext,
    executable: str,
    parameters: dict[str, bool | float | str] | None = None,
    arguments: list[str] | None = None,
) -> Node:
    image, info, depth, battery, cmd_vel = (
        LaunchConfiguration(name) for name in ("image", "camera_info", "depth", "battery", "cmd_vel")
    )
    enclave = LaunchConfiguration("enclave").perform(context).rstrip("/")
    security = ["--enclave", f"{enclave}/{executable}"] if enclave else []
    typed = {
        name: ParameterValue(value, value_type=type(value)) for name, value in (parameters or {}).items()
    }
    return Node(
        package=PACKAGE,
        executable=executable,
        namespace=LaunchConfiguration("namespace"),
        arguments=arguments,
        parameters=[
            LaunchConfiguration("params_file"),
            {"use_sim_time": LaunchConfiguration("use_sim_time"), **typed},
        ],
        # Compressed images and camera_info follow the image, unless camera_info is named; likewise of depth.
        remappings=[
            ("image_raw", image),
            ("camera_info", info),
            ("depth/image_raw", depth),
            ("battery_state", battery),
            ("cmd_vel", cmd_vel),
        ],
        ros_arguments=["--log-level", LaunchConfiguration("log_level"), *security],
        respawn=LaunchConfiguration("respawn"),
        respawn_delay=float(LaunchConfiguration("respawn_delay").perform(context)),
        output="screen",
    )
