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

"""Finds the package's own files (models, config, launch), however it was installed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from hand_tracking_dsp.errors import ConfigurationError

DEFAULT_BANK = "models/dsp"
"""The level bank that is used where none is named, below the package's share."""

DEFAULT_POLICY = "models/policy.json"
"""The learned policy that is used where none is named, below the package's share."""

DEFAULT_LAYER_AGENT = "models/akperl.json"
"""The agent of the policy akperl that is used where none is named, below the package's share."""

DEFAULT_DEVICE = "models/device.json"
"""The device model that policies are trained and evaluated on by default, below the package's share."""

_ORIGINAL_BANK = "models/mediapipe"

_PACKAGE = "hand_tracking_dsp"


def default_bank() -> Path:
    """Find the level bank that is used where none is named.

    Raises:
        ConfigurationError: It is not installed.
    """
    return share_path(DEFAULT_BANK)


def named_bank(name: str) -> Path:
    """Find a level bank by its folder or, where that holds none, by its name among the package's own.

    Args:
        name: Folder, with ~ for the user's own, or a name such as "depth"; "": the default bank.

    Returns:
        The bank's folder; the one that was named, as it is, where there is neither.

    Raises:
        ConfigurationError: The package's own bank is wanted, but not installed.
    """
    if not name:
        return default_bank()
    folder = Path(name).expanduser()
    # os.path asks without complaint, also where the folder may not be read: the reader says that.
    if folder.name != name or os.path.exists(folder / "bank.json"):  # noqa: PTH110
        return folder
    own = default_bank().with_name(name)
    return own if own.is_dir() else folder


def original_bank() -> Path:
    """Find the bank of MediaPipe's own networks, from which others are made.

    Raises:
        ConfigurationError: It is not installed.
    """
    return share_path(_ORIGINAL_BANK)


def default_policy() -> Path:
    """Find the manifest of the learned policy that is used where none is named.

    Raises:
        ConfigurationError: It is not installed.
    """
    return share_path(DEFAULT_POLICY)


def default_layer_agent() -> Path:
    """Find the agent of the policy akperl that is used where none is named.

    Raises:
        ConfigurationError: It is not installed.
    """
    return share_path(DEFAULT_LAYER_AGENT)


def default_device_model() -> Path:
    """Find the device model that is used where none is named.

    Raises:
        ConfigurationError: It is not installed.
    """
    return share_path(DEFAULT_DEVICE)


def share_path(*parts: str) -> Path:
    """Find a file or folder of the package's share.

    Looked for, in this order: $HAND_TRACKING_DSP_SHARE, the source tree, every prefix of
    $AMENT_PREFIX_PATH (a colcon installation) and the Python prefix (a pip installation).

    Args:
        parts: Path below the share, for example "models", "mediapipe".

    Raises:
        ConfigurationError: There is no such file in any of these places.
    """
    tried = []
    for root in _roots():
        path = root.joinpath(*parts)
        if path.exists():
            return path
        tried.append(str(root))
    msg = (
        f"The package's own file {Path(*parts)} was not found in {', '.join(tried)}: "
        f"install the package again, or set HAND_TRACKING_DSP_SHARE to the folder that holds it."
    )
    raise ConfigurationError(msg)


def cache_folder() -> Path | None:
    """Return the package's folder for what can be made again, below XDG_CACHE_HOME or ~/.cache.

    Returns:
        The path; the folder need not be there. None where the user has no home folder.
    """
    chosen = Path(os.environ.get("XDG_CACHE_HOME", ""))
    try:
        root = chosen if chosen.is_absolute() else Path.home() / ".cache"
    except RuntimeError:
        return None
    return root / _PACKAGE


def _roots() -> Iterator[Path]:
    if chosen := os.environ.get("HAND_TRACKING_DSP_SHARE"):
        yield Path(chosen)
        return
    source = Path(__file__).resolve().parent.parent
    if (source / "package.xml").exists():
        yield source
    for prefix in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep):
        if prefix:
            yield Path(prefix) / "share" / _PACKAGE
    yield Path(sys.prefix) / "share" / _PACKAGE
