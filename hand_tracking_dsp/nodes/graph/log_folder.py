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

"""A folder for ROS 2's log files where a service has no home: without one, rcl does not start."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

_VARIABLE = "ROS_LOG_DIR"


def log_arguments() -> list[str]:
    """Provide a folder for the log files of this process and its children.

    Where neither ROS_LOG_DIR, ROS_HOME nor HOME leads to one that can be written, ROS_LOG_DIR is set to a
    temporary one.

    Returns:
        ROS arguments: none, or those without which rcl would not start because no folder can be written.
    """
    if _chosen_folder_works():
        return []
    try:
        folder = Path(tempfile.gettempdir()) / f"hand_tracking_dsp_log_{os.geteuid()}"
        folder.mkdir(mode=0o700, exist_ok=True)
        status = folder.lstat()
    except OSError:
        return ["--ros-args", "--disable-external-lib-logs"]
    # Somebody else's folder, or a link of theirs, is not written through.
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        return ["--ros-args", "--disable-external-lib-logs"]
    os.environ[_VARIABLE] = str(folder)
    return []


def _chosen_folder_works() -> bool:
    """Tell whether the folder that rcl_logging would choose can be made and written."""
    home = os.environ.get("HOME", "")
    if chosen := os.environ.get(_VARIABLE):
        folder = chosen
    elif chosen := os.environ.get("ROS_HOME"):
        folder = f"{chosen}/log"
    else:
        folder = "~/.ros/log"
    if folder.startswith("~"):
        if not home:
            return False
        folder = home + folder[1:]
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK | os.X_OK)
