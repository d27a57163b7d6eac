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

"""Parts that the launch files share."""

from __future__ import annotations

from launch.actions import DeclareLaunchArgument, GroupAction, IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration

from hand_tracking_dsp.resources import share_path
from launch import SomeSubstitutionsType


def argument(
    name: str, default: SomeSubstitutionsType, description: str, *choices: str
) -> DeclareLaunchArgument:
    """Declare an argument with its default and, where it has choices, those besides the default."""
    allowed = {"choices": [default, *choices]} if choices else {}
    return DeclareLaunchArgument(name, default_value=default, description=description, **allowed)


def general(arguments: dict[str, SomeSubstitutionsType]) -> IncludeLaunchDescription:
    """Include the launch file of all nodes with some arguments; its others are taken as they are given."""
    # A path, not a substitution: `--show-args` looks into it without starting anything.
    path = str(share_path("launch", "hand_tracking.launch.py"))
    return IncludeLaunchDescription(PythonLaunchDescriptionSource(path), launch_arguments=arguments.items())


def with_depth_camera(
    camera: list[SomeSubstitutionsType], colour: str, depth: str
) -> IncludeLaunchDescription:
    """Include the launch file of all nodes for a driver whose depth is aligned to its colour image.

    Args:
        camera: Namespace of the driver's topics, with the slash at its end.
        colour: Topic of the colour image in it.
        depth: Topic of the depth image in it.
    """
    return general(
        {
            "camera": "false",
            "image": [*camera, colour],
            "depth": [*camera, depth],
            "depth_mode": LaunchConfiguration("depth_mode", default="fused"),
        }
    )


def driver(path: SomeSubstitutionsType, arguments: dict[str, SomeSubstitutionsType]) -> GroupAction:
    """Include a driver's launch file, in a group: what it sets shall not reach the nodes of this package."""
    source = PythonLaunchDescriptionSource(path)
    return GroupAction([IncludeLaunchDescription(source, launch_arguments=arguments.items())])
