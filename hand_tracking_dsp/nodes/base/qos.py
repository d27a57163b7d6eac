"""QoS profiles from a node's parameters."""

from __future__ import annotations

from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy

from hand_tracking_dsp.nodes.base.declaration import DeclaredParameters

_RELIABILITY = {"reliable": ReliabilityPolicy.RELIABLE, "best_effort": ReliabilityPolicy.BEST_EFFORT}
_DURABILITY = {"volatile": DurabilityPolicy.VOLATILE, "transient_local": DurabilityPolicy.TRANSIENT_LOCAL}


def qos_profile(parameters: DeclaredParameters, topic: str) -> QoSProfile:
    """Build the profile of the parameters ``qos.<topic>.*``."""
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=parameters[f"qos.{topic}.depth"],
        reliability=_RELIABILITY[parameters[f"qos.{topic}.reliability"]],
        durability=_DURABILITY[parameters[f"qos.{topic}.durability"]],
    )
