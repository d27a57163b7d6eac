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

"""Transport of images between processes: the settings that Fast DDS needs for them, and those in force.

By its own defaults Fast DDS loses most images of 640x480 between two processes: 293 of 300 with version 3.2,
and none with config/fastdds.xml. A profile is what all versions read: FASTDDS_BUILTIN_TRANSPORTS takes
options such as `DEFAULT?sockets_size=4MB` since 2.14 only, and 2.6 (Humble) falls back to its defaults where
it is given one. Its mode LARGE_DATA (TCP) loses no image either, but 3 of 38 starts of a graph on a busy
machine never connected; UDP and larger shared memory connected in 30 of 30 and were as fast.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hand_tracking_dsp.resources import share_path

PROFILE_VARIABLES: Mapping[int, str] = {
    2: "FASTRTPS_DEFAULT_PROFILES_FILE",
    3: "FASTDDS_DEFAULT_PROFILES_FILE",
}
"""Environment variables that name a profile, by major version of Fast DDS; Kilted warns of the older one."""

BUILTIN_VARIABLE = "FASTDDS_BUILTIN_TRANSPORTS"

# Files that Fast DDS reads from the working directory.
_LOCAL_PROFILES = ("DEFAULT_FASTRTPS_PROFILES.xml", "DEFAULT_FASTDDS_PROFILES.xml")
_RMW_VARIABLE = "RMW_IMPLEMENTATION"
_DEFAULT_RMW = "rmw_fastrtps_cpp"
# With these rmw_fastrtps makes transports of its own, in the default sizes: 296 of 300 images were lost.
_LOCALHOST_ONLY = {"ROS_LOCALHOST_ONLY": "1", "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}
_LIBRARY = re.compile(r"libfast(?:rtps|dds)\.so\.(\d+)\.(\d+)(?:\.\d+)?")
_OPTIONS_SINCE = (2, 14)
# Distributions whose Fast DDS is of version 2, should its library not be found.
_VERSION_2 = {"humble", "iron", "jazzy"}


@dataclass(frozen=True, slots=True)
class ImageTransport:
    """Transport that the environment of a process gives to its images.

    Attributes:
        rmw: Name of the ROS middleware.
        settings: Settings in force, for example "Fast DDS 2.6 with the profile /…/fastdds.xml".
        warning: Reason why images get lost, and the cure; "" where none is known.
    """

    rmw: str
    settings: str
    warning: str = ""

    def __str__(self) -> str:
        """Return a sentence."""
        return f"Images are exchanged by {self.rmw}: {self.settings}."


def transport_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Choose the environment variables to add, so that images get through Fast DDS.

    Args:
        environment: Environment of the process that the nodes are to run in or to be started by.

    Returns:
        Values by name; none where another middleware runs, or where the user has chosen a profile.
    """
    if not _is_fast_dds(_rmw(environment)) or _own_profile(environment) is not None:
        return {}
    return {PROFILE_VARIABLES[_major(environment)]: str(_profile())}


def transport_in_force(environment: Mapping[str, str], rmw: str = "") -> ImageTransport:
    """Describe how images get from process to process.

    Args:
        environment: Environment of these processes.
        rmw: Name of their ROS middleware; "": the environment's.
    """
    rmw = rmw or _rmw(environment)
    if not _is_fast_dds(rmw):
        return ImageTransport(rmw, "docs/nodes.md says what it needs for images")
    version = fast_dds_version(environment)
    name = f"Fast DDS {'.'.join(map(str, version))}" if version else "Fast DDS"
    builtin = environment.get(BUILTIN_VARIABLE, "")
    profile = _own_profile(environment)
    settings = f"{name} with the profile {profile}" if profile else f"{name} without a profile"
    if builtin:
        settings += f" and {BUILTIN_VARIABLE}={builtin}"
    return ImageTransport(rmw, settings, _warning(environment, profile or "", builtin, version))


def rmw_implementation() -> str:
    """Ask ROS for the name of the middleware that this process runs on."""
    from rclpy.utilities import get_rmw_implementation_identifier

    return str(get_rmw_implementation_identifier())


def fast_dds_version(environment: Mapping[str, str]) -> tuple[int, int] | None:
    """Read the version of Fast DDS off its library, found as ROS 2 finds its own files.

    Args:
        environment: Environment of which $AMENT_PREFIX_PATH counts.

    Returns:
        Major and minor version; None where the library is not found.
    """
    prefixes = [*environment.get("AMENT_PREFIX_PATH", "").split(os.pathsep), sys.prefix]
    for prefix in filter(None, prefixes):
        for path in Path(prefix, "lib").glob("libfast*.so.*"):
            if found := _LIBRARY.fullmatch(path.name):
                return int(found[1]), int(found[2])
    return None


def _warning(
    environment: Mapping[str, str], profile: str, builtin: str, version: tuple[int, int] | None
) -> str:
    for name, value in _LOCALHOST_ONLY.items():
        if environment.get(name, "").upper() == value:
            return (
                f"{name}={value} makes rmw_fastrtps leave all settings of the transport aside, and most "
                f"images of 640x480 are lost: unset it, and set ROS_DOMAIN_ID to keep to yourself."
            )
    cure = f"set {PROFILE_VARIABLES[_major(environment)]}={_profile()}."
    if profile and not Path(profile).is_file():
        return f"The profile {profile} does not exist: {cure}"
    mode, _, option = builtin.partition("?")
    if option and version and version < _OPTIONS_SINCE:
        mode, option = "DEFAULT", ""
    if profile or option or mode.startswith("LARGE_DATA"):
        return ""
    return f"By the defaults of Fast DDS most images of 640x480 are lost between two processes: {cure}"


def _profile() -> Path:
    return share_path("config", "fastdds.xml")


def _rmw(environment: Mapping[str, str]) -> str:
    return environment.get(_RMW_VARIABLE, "") or _DEFAULT_RMW


def _is_fast_dds(rmw: str) -> bool:
    return rmw.startswith("rmw_fastrtps")


def _own_profile(environment: Mapping[str, str]) -> str | None:
    """Return the path of the profile that is set; "": set to none; None: not set."""
    for name in PROFILE_VARIABLES.values():
        if name in environment:
            return environment[name]
    return next((str(path.absolute()) for path in map(Path, _LOCAL_PROFILES) if path.is_file()), None)


def _major(environment: Mapping[str, str]) -> int:
    version = fast_dds_version(environment)
    if version is not None:
        return min(max(version[0], 2), 3)
    return 2 if environment.get("ROS_DISTRO") in _VERSION_2 else 3
