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

"""Trees of attribute files as the kernel shows them."""

import pytest


def _write(folder, contents):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (folder / name).write_text(f"{content}\n")
    return folder


@pytest.fixture
def write_battery(tmp_path):
    """Write a battery of the power supply class below tmp_path; attributes are arguments."""

    def write(name="BAT0", **contents):
        return _write(tmp_path / "sys/class/power_supply" / name, {"type": "Battery", **contents})

    return write


@pytest.fixture
def write_hwmon(tmp_path):
    """Write an INA3221 as JetPack 5 and later show it: rails are label, millivolts, milliamperes."""

    def write(number, *rails, name="ina3221"):
        contents = {"name": name, "in7_label": "sum of shunt voltages", "in7_input": 77}
        for n, (label, millivolts, milliamperes) in enumerate(rails, start=1):
            contents |= {f"in{n}_label": label, f"in{n}_input": millivolts, f"curr{n}_input": milliamperes}
        return _write(tmp_path / f"sys/class/hwmon/hwmon{number}", contents)

    return write


@pytest.fixture
def write_iio(tmp_path):
    """Write an INA3221 as JetPack 4 shows it: rails are label, millivolts, milliamperes, milliwatts."""

    def write(number, *rails):
        contents = {}
        for n, (label, *values) in enumerate(rails):
            names = (f"in_{kind}{n}_input" for kind in ("voltage", "current", "power"))
            contents |= {f"rail_name_{n}": label, **dict(zip(names, values, strict=True))}
        return _write(tmp_path / f"sys/bus/i2c/drivers/ina3221x/6-004{number}/iio:device{number}", contents)

    return write


@pytest.fixture
def write_rapl(tmp_path):
    """Write a powercap zone as the kernel shows it; zone is "0", or "0:1" for a part of it."""

    def write(zone, name, microjoules, highest=262_143_328_850):
        contents = {"name": name, "energy_uj": microjoules, "max_energy_range_uj": highest}
        return _write(tmp_path / f"sys/class/powercap/intel-rapl:{zone}", contents)

    return write
