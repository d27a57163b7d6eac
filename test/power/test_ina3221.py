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

"""Jetson's rails, in fake trees of both kernels."""

import math
import shutil

import pytest

from hand_tracking_dsp.errors import SourceError
from hand_tracking_dsp.power.ina3221 import Ina3221Source


def test_finds_the_input_rail_of_an_orin_by_its_label(tmp_path, write_hwmon):
    write_hwmon(0, ("x", 1, 1), name="tmp451")
    write_hwmon(3, ("VDD_IN", 5000, 1200), ("VDD_CPU_GPU_CV", 4990, 400), ("VDD_SOC", 5010, 200))
    source = Ina3221Source(tmp_path)
    reading = source.read()
    assert source.name == reading.name == "INA3221 rail VDD_IN"
    assert reading.power_w == pytest.approx(6.0)
    assert reading.voltage_v == pytest.approx(5.0)
    assert reading.rails_w == pytest.approx({"VDD_IN": 6.0, "VDD_CPU_GPU_CV": 1.996, "VDD_SOC": 1.002})
    assert not reading.present
    assert not reading.simulated
    assert math.isnan(reading.charge)


def test_adds_the_rails_of_two_chips_where_there_is_no_input_rail(tmp_path, write_hwmon):
    write_hwmon(1, ("VDD_GPU_SOC", 20000, 300), ("VDD_CPU_CV", 20000, 100), ("VIN_SYS_5V0", 5000, 1000))
    write_hwmon(2, ("NC", 0, 0), ("VDDQ_VDD2_1V8AO", 5000, 200), ("NC", 0, 0))
    reading = Ina3221Source(tmp_path).read()
    assert reading.power_w == pytest.approx(6.0 + 2.0 + 5.0 + 1.0)
    assert list(reading.rails_w) == ["VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0", "VDDQ_VDD2_1V8AO"]
    assert math.isnan(reading.voltage_v)


def write_ina238(root, number, **contents):
    folder = root / f"sys/class/hwmon/hwmon{number}"
    folder.mkdir(parents=True)
    for name, content in {"name": "ina238", "in0_input": 3, "temp1_input": 41000, **contents}.items():
        (folder / name).write_text(f"{content}\n")


def test_takes_the_input_rail_of_a_thor_from_its_ina238(tmp_path, write_hwmon):
    write_hwmon(3, ("VDD_GPU", 12000, 900), ("VDD_CPU_SOC_MSS", 12000, 800), ("VIN_SYS_5V0", 5000, 1000))
    write_ina238(tmp_path, 4, in1_input=19500, curr1_input=2000, power1_input=39100000)
    reading = Ina3221Source(tmp_path).read()
    assert reading.name == "INA238 rail VIN"
    assert reading.power_w == pytest.approx(39.1)
    assert reading.voltage_v == pytest.approx(19.5)
    assert reading.rails_w == pytest.approx(
        {"VDD_GPU": 10.8, "VDD_CPU_SOC_MSS": 9.6, "VIN_SYS_5V0": 5.0, "VIN": 39.1}
    )


def test_the_input_without_a_power_register_is_volts_times_amperes(tmp_path, write_hwmon):
    write_hwmon(3, ("VDD_GPU", 12000, 900))
    write_ina238(tmp_path, 4, in1_input=19500, curr1_input=2000)
    assert Ina3221Source(tmp_path).read().power_w == pytest.approx(39.0)


def test_several_ina238_or_one_without_an_ina3221_are_nobodys_input(tmp_path, write_hwmon):
    write_ina238(tmp_path, 1, in1_input=19500, curr1_input=2000)
    with pytest.raises(SourceError, match="no INA3221 with a labelled rail"):
        Ina3221Source(tmp_path)
    write_hwmon(3, ("VDD_GPU", 12000, 900))
    write_ina238(tmp_path, 4, in1_input=12000, curr1_input=100)
    assert list(Ina3221Source(tmp_path).read().rails_w) == ["VDD_GPU"]


def test_reads_the_rails_of_a_nano_with_jetpack_4(tmp_path, write_iio):
    write_iio(
        0, ("POM_5V_IN", 5100, 600, 3060), ("POM_5V_GPU", 5100, 20, 102), ("POM_5V_CPU", 5100, 100, 510)
    )
    reading = Ina3221Source(tmp_path).read()
    assert reading.name == "INA3221 rail POM_5V_IN"
    assert reading.power_w == pytest.approx(3.06)
    assert reading.rails_w == pytest.approx({"POM_5V_IN": 3.06, "POM_5V_GPU": 0.102, "POM_5V_CPU": 0.51})


def test_adds_the_rails_of_two_chips_with_jetpack_4(tmp_path, write_iio):
    write_iio(0, ("GPU", 19000, 20, 380), ("CPU", 19000, 40, 760), ("NC", 0, 0, 0))
    write_iio(1, ("NC", 0, 0, 0), ("SYS5V", 5000, 400, 2000), ("VDDRQ", 5000, 100, 500))
    reading = Ina3221Source(tmp_path).read()
    assert reading.name == "INA3221 rails GPU + CPU + SYS5V + VDDRQ"
    assert reading.power_w == pytest.approx(3.64)
    assert math.isnan(reading.voltage_v)


def test_prefers_the_layout_of_the_newer_kernel(tmp_path, write_hwmon, write_iio):
    write_iio(0, ("POM_5V_IN", 5100, 600, 3060))
    write_hwmon(0, ("VDD_IN", 5000, 1200))
    assert Ina3221Source(tmp_path).name == "INA3221 rail VDD_IN"


def test_computes_the_power_where_the_driver_has_none(tmp_path, write_iio):
    folder = write_iio(0, ("VDD_IN", 5000, 800, 0))
    (folder / "in_power0_input").unlink()
    assert Ina3221Source(tmp_path).read().power_w == pytest.approx(4.0)


def test_nonsense_is_unknown_and_counted(tmp_path, write_hwmon):
    write_hwmon(0, ("VDD_IN", "five", 1200))
    source = Ina3221Source(tmp_path)
    assert math.isnan(source.read().power_w)
    assert source.bad_values == 1


def test_nonsense_with_jetpack_4_is_unknown_and_counted(tmp_path, write_iio):
    write_iio(0, ("VDD_IN", 5000, "n/a", "n/a"))
    source = Ina3221Source(tmp_path)
    assert math.isnan(source.read().power_w)
    assert source.bad_values == 2


def test_says_that_there_is_no_chip(tmp_path, write_hwmon):
    write_hwmon(0, ("VDD_IN", 5000, 1200), name="ina219")
    with pytest.raises(
        SourceError, match=r"no INA3221 with a labelled rail under .*hwmon\* or .*: choose another"
    ):
        Ina3221Source(tmp_path)


def test_says_that_the_chip_has_vanished_with_jetpack_4(tmp_path, write_iio):
    folder = write_iio(0, ("VDD_IN", 5000, 800, 4000))
    source = Ina3221Source(tmp_path)
    shutil.rmtree(folder)
    with pytest.raises(SourceError, match=r"The INA3221 .*iio:device0 has vanished: open it again"):
        source.read()


def test_says_that_the_chip_has_vanished(tmp_path, write_hwmon):
    folder = write_hwmon(0, ("VDD_IN", 5000, 1200))
    source = Ina3221Source(tmp_path)
    shutil.rmtree(folder)
    with pytest.raises(
        SourceError, match=r"The INA3221 .*hwmon0 has vanished: open it again when it is back\."
    ):
        source.read()
