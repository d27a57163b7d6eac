"""Set parameters and call services by gestures.

This is hand_tracking.launch.py with two nodes more; its other arguments are taken here, too.
"""

from pathlib import Path

from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource

from launch import LaunchDescription


def generate_launch_description() -> LaunchDescription:
    """Include the general launch file with gestures and triggers."""
    # A path, not a substitution: `--show-args` looks into it without starting anything.
    general = str(Path(__file__).with_name("hand_tracking.launch.py"))
    return LaunchDescription(
        [
            IncludeLaunchDescription(
                PythonLaunchDescriptionSource(general),
                launch_arguments={"gesture": "true", "trigger": "true"}.items(),
            )
        ]
    )
