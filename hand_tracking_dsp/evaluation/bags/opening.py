"""Opening bags through rosbags, which needs no ROS 2."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hand_tracking_dsp.errors import ConfigurationError, HandTrackingError, SourceError
from hand_tracking_dsp.resources import share_path


@contextmanager
def open_bag(bag: Path) -> Iterator[Any]:
    """Open a bag and yield rosbags' AnyReader; whatever a damaged bag leads to becomes a sentence.

    Args:
        bag: A rosbag2 folder or file (mcap, sqlite3), or a ROS 1 bag.

    Raises:
        SourceError: The bag is missing or damaged.
        ConfigurationError: rosbags or the package's message definitions are not installed.
    """
    try:
        from rosbags.highlevel import AnyReader
    except ImportError as error:
        msg = f"Bags cannot be read here ({error}): install rosbags and rosbags-image with pip."
        raise ConfigurationError(msg) from error
    if not bag.exists():
        msg = f"There is no bag {bag}: give a rosbag2 folder, an .mcap or .db3 file, or a ROS 1 .bag."
        raise SourceError(msg)
    store = typestore()
    try:
        # Bags of older ROS 2 do not hold their messages' definitions.
        with AnyReader([bag], default_typestore=store) as reader:
            yield reader
    except HandTrackingError:
        raise
    except Exception as error:  # a damaged bag raises whatever its bytes lead to
        reason = str(error).rstrip(".") or type(error).__name__
        msg = (
            f"The bag {bag} cannot be read ({reason}): it is no bag, damaged or cut off, or holds messages "
            f"of another version without their definitions; repair it with 'ros2 bag reindex' or "
            f"'mcap recover', or record it again."
        )
        raise SourceError(msg) from error


def typestore() -> Any:  # noqa: ANN401 (rosbags may be absent)
    """Return rosbags' definitions of ROS 2's messages with this package's own.

    Raises:
        ConfigurationError: The package's message definitions are not installed.
    """
    from rosbags.typesys import Stores, get_types_from_msg, get_typestore

    store = get_typestore(Stores.LATEST)
    found: dict[str, Any] = {}
    for path in sorted(share_path("msg").glob("*.msg")):
        name = f"hand_tracking_dsp/msg/{path.stem}"
        found |= get_types_from_msg(path.read_text(encoding="utf-8"), name)
    store.register(found)
    return store
