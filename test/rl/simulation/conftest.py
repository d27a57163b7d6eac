"""Episodes of the whole device."""

from __future__ import annotations

import pytest

from hand_tracking_dsp.rl.simulation.device import DeviceModel
from hand_tracking_dsp.rl.simulation.draw_episode import draw_episode
from hand_tracking_dsp.rl.simulation.episode import Episode


@pytest.fixture(scope="session")
def episodes(whole_device: DeviceModel) -> list[Episode]:
    return [draw_episode(whole_device, seed) for seed in range(40)]
