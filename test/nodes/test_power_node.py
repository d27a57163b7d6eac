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

from __future__ import annotations

import json
import math
import shutil

import pytest
from hand_tracking_dsp.msg import TrackerStats
from sensor_msgs.msg import BatteryState
from std_msgs.msg import Float32

from hand_tracking_dsp.nodes.power_node import PowerNode

NODE = "power_node"


@pytest.fixture
def battery(tmp_path):
    """Give the folder of a battery at 62 % in a fake /sys."""
    folder = tmp_path / "sys/class/power_supply/BAT0"
    folder.mkdir(parents=True)
    files = {
        "type": "Battery",
        "present": "1",
        "status": "Discharging",
        "capacity": "62",
        "voltage_now": "12000000",
        "current_now": "1500000",
        "health": "Good",
        "technology": "Li-poly",
        "serial_number": "4711",
    }
    for name, text in files.items():
        (folder / name).write_text(text + "\n")
    return folder


@pytest.fixture
def topics(graph):
    return graph.hear(BatteryState, "battery_state"), graph.hear(Float32, "power_w")


def values(status):
    return {pair.key: pair.value for pair in status.values}


@pytest.mark.usefixtures("battery")
def test_publishes_a_battery_in_the_messages_units(graph, topics, tmp_path, diagnostics):
    states, powers = topics
    graph.start(PowerNode, root=str(tmp_path))
    state = graph.until(lambda: states and states[0], "battery_state was heard")
    assert state.present
    assert state.percentage == pytest.approx(0.62)
    assert state.voltage == pytest.approx(12.0)
    assert state.current == pytest.approx(-1.5)
    assert state.power_supply_status == BatteryState.POWER_SUPPLY_STATUS_DISCHARGING
    assert state.power_supply_health == BatteryState.POWER_SUPPLY_HEALTH_GOOD
    assert state.power_supply_technology == BatteryState.POWER_SUPPLY_TECHNOLOGY_LIPO
    assert math.isnan(state.temperature)
    assert graph.until(lambda: powers and powers[0], "power_w was heard").data == pytest.approx(18.0)
    status = diagnostics(NODE)
    assert status.hardware_id == state.location
    assert values(status)["simulated"] == "False"


def test_a_charge_that_cannot_be_read_is_nan(graph, battery, topics, tmp_path):
    (battery / "capacity").write_text("none\n")
    graph.start(PowerNode, root=str(tmp_path))
    states, _ = topics
    assert math.isnan(graph.until(lambda: states and states[0], "battery_state was heard").percentage)


def test_a_battery_that_vanishes_is_told_and_tried_again(graph, battery, topics, tmp_path, diagnostics):
    states, _ = topics
    graph.start(
        PowerNode, root=str(tmp_path), source="power_supply", rate_hz=20.0, retry_s=0.05, retry_max_s=0.1
    )
    graph.until(lambda: states, "battery_state was heard")
    away = tmp_path / "away"
    shutil.move(battery, away)
    status = diagnostics(NODE, lambda status: status.level == status.ERROR)
    assert "Next attempt in 0.1 s." in status.message
    heard = len(states)
    shutil.move(away, battery)
    graph.until(lambda: len(states) > heard, "battery_state was heard again")
    assert graph.state(NODE) == "active"


def test_publishes_nothing_where_there_is_nothing_to_read(graph, topics, tmp_path, diagnostics):
    states, powers = topics
    graph.start(PowerNode, root=str(tmp_path))
    status = diagnostics(NODE, lambda status: values(status).get("source"))
    assert status.message == "There is neither battery nor power sensor: nothing is published."
    assert not states
    assert not powers


def test_auto_never_simulates(graph, tmp_path, diagnostics):
    graph.start(PowerNode, root=str(tmp_path))
    status = diagnostics(NODE, lambda status: values(status).get("source"))
    assert values(status)["simulated"] == "False"


def test_a_simulated_battery_is_labelled_and_drains_by_the_level_that_runs(graph, topics, diagnostics):
    states, powers = topics
    stats = graph.observer.create_publisher(TrackerStats, "stats", 10)
    graph.start(
        PowerNode,
        source="simulated",
        simulated__time_scale=3600.0,
        simulated__load_w=[20.0, 1.0],
        rate_hz=20.0,
    )
    graph.until(lambda: states and states[-1].percentage < states[0].percentage, "the battery drains")
    assert states[0].location.startswith("simulated")
    assert powers[0].data == pytest.approx(26.0)
    status = diagnostics(NODE, lambda status: values(status).get("simulated") == "True")
    assert status.message.endswith("The battery is simulated, its load is an estimate by sparsity level.")
    graph.until(stats.get_subscription_count, "the node listens to stats")
    stats.publish(TrackerStats(applied_level=1))
    graph.until(lambda: powers[-1].data == pytest.approx(7.0), "the load falls with the level")


@pytest.fixture
def counted_bank(tmp_path):
    """Give a bank whose dense level has 10, whose sparse level 1 and whose detector 100 billion MACs."""

    def network(name, macs, **more):
        same = {"file": f"{name}.onnx", "sha256": "0" * 64, "precision": "fp32", "parameters": 1}
        return {"name": name, "macs": macs * 10**9, **same, **more}

    levels = [network(f"level{i}", macs, index=i, sparsity=i / 2) for i, macs in enumerate((10, 1))]
    manifest = {"schema": 1, "name": "counted", "levels": levels, "detectors": [network("palm", 100)]}
    (tmp_path / "bank.json").write_text(json.dumps(manifest))
    return str(tmp_path)


def test_an_estimate_is_labelled_and_counts_the_frames_it_hears(graph, topics, diagnostics, counted_bank):
    states, powers = topics
    stats = graph.observer.create_publisher(TrackerStats, "stats", 10)
    graph.start(PowerNode, source="estimate", bank=counted_bank, estimate__base_w=3.0, rate_hz=5.0)
    state = graph.until(lambda: states and states[0], "battery_state was heard")
    assert state.location == "estimate from MACs (bank counted)"
    assert not state.present
    assert math.isnan(state.percentage)
    graph.until(lambda: powers, "power_w was heard")
    assert powers[0].data == pytest.approx(3.0), "no frame was heard"
    status = diagnostics(NODE, lambda status: values(status).get("simulated") == "True")
    assert status.message.endswith("The power is an estimate from multiply-accumulates, not measured.")
    assert status.hardware_id == state.location
    graph.until(stats.get_subscription_count, "the node listens to stats")
    for frame in (TrackerStats(applied_level=0, hands=2), TrackerStats(applied_level=1, detector_ran=True)):
        powers.clear()
        stats.publish(frame)
        # At least 2 J in a fifth of a second, or a few times that on a busy machine.
        graph.until(lambda: powers and powers[-1].data > 3.0 + 2.0, "the frame is counted")
        graph.until(lambda: powers[-1].data == pytest.approx(3.0), "silence means base power")


def test_auto_never_estimates(graph, tmp_path, counted_bank, diagnostics):
    graph.start(PowerNode, root=str(tmp_path), bank=counted_bank)
    status = diagnostics(NODE, lambda status: values(status).get("source"))
    assert values(status)["source"] == "none"


def test_an_estimate_of_an_unknown_detector_fails_configure_with_a_sentence(graph, counted_bank, diagnostics):
    graph.start(PowerNode, source="estimate", bank=counted_bank, estimate__detector="fast")
    status = diagnostics(NODE, lambda status: status.level == status.ERROR)
    assert status.message.startswith(
        f"The bank {counted_bank} has no palm detector 'fast': choose one of palm."
    )
    assert graph.state(NODE) == "unconfigured"


def test_lifecycle_from_outside(graph, topics):
    states, _ = topics
    graph.start(PowerNode, source="simulated", autostart=False)
    assert graph.change_state(NODE, "configure")
    assert not states
    assert graph.change_state(NODE, "activate")
    graph.until(lambda: states, "battery_state was heard")
    assert graph.change_state(NODE, "deactivate")
    assert graph.change_state(NODE, "cleanup")
    assert graph.observer.count_publishers("battery_state") == 0
    assert graph.change_state(NODE, "shutdown")
    assert graph.state(NODE) == "finalized"


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("source", "nuclear", "Parameter source is 'nuclear', but must be one of: auto, power_supply,"),
        ("simulated__load_w", [-1.0], "Parameter simulated.load_w is [-1.0], but must be in the range 0 to"),
        (
            "retry_max_s",
            0.1,
            "BackoffOptions.retry_max_s is 0.1, but must be at least retry_s, which is 0.5.",
        ),
    ],
)
def test_an_impossible_parameter_fails_configure_with_a_sentence(graph, diagnostics, name, value, sentence):
    graph.start(PowerNode, **{name: value})
    status = diagnostics(NODE, lambda status: status.level == status.ERROR)
    assert status.message.startswith(sentence)
    assert graph.state(NODE) == "unconfigured"
