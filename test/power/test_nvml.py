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

"""NVIDIA's cards, with a binding that stands for cards that are not here."""

import math
import sys
from types import SimpleNamespace
from unittest.mock import Mock

import pytest

from hand_tracking_dsp.errors import SourceError
from hand_tracking_dsp.power.factory import open_power_source


class NVMLError(Exception):
    pass


class NVMLError_NotSupported(NVMLError):  # noqa: N801, N818 (NVIDIA's name)
    pass


@pytest.fixture
def cards(monkeypatch):
    """Cards as (name, milliwatts or the error that reading them raises); change them at will."""
    cards = [("H200", 120_500), (b"T4", 30_000)]

    def power(index):
        value = cards[index][1]
        if isinstance(value, Exception):
            raise value
        return value

    binding = SimpleNamespace(
        NVMLError=NVMLError,
        NVMLError_NotSupported=NVMLError_NotSupported,
        nvmlInit=lambda: None,
        nvmlDeviceGetCount=lambda: len(cards),
        nvmlDeviceGetHandleByIndex=lambda index: index,
        nvmlDeviceGetName=lambda index: cards[index][0],
        nvmlDeviceGetPowerUsage=power,
    )
    monkeypatch.setitem(sys.modules, "pynvml", binding)
    return cards


@pytest.mark.usefixtures("cards")
def test_the_power_of_all_cards_adds_up():
    source = open_power_source("nvml")
    reading = source.read()
    assert source.name == "NVML H200 #0 + T4 #1"
    assert reading.power_w == pytest.approx(150.5)
    assert reading.rails_w == pytest.approx({"H200 #0": 120.5, "T4 #1": 30.0})
    assert not reading.present
    assert not reading.simulated


def test_a_card_that_cannot_tell_is_unknown_and_counted(cards):
    cards[1] = ("T4", NVMLError_NotSupported("Not Supported"))
    source = open_power_source("nvml")
    assert math.isnan(source.read().power_w)
    assert source.bad_values == 1


def test_says_that_a_card_has_gone(cards):
    source = open_power_source("nvml")
    cards[0] = ("H200", NVMLError("GPU is lost"))
    with pytest.raises(SourceError, match=r"cannot be read any more \(GPU is lost\): open it again"):
        source.read()


def test_says_that_there_is_no_card(cards):
    cards.clear()
    with pytest.raises(SourceError, match="driver knows no card: choose another power source"):
        open_power_source("nvml")


@pytest.mark.usefixtures("cards")
def test_says_that_the_driver_is_missing(monkeypatch):
    missing = NVMLError("Driver Not Loaded")
    monkeypatch.setattr(sys.modules["pynvml"], "nvmlInit", Mock(side_effect=missing))
    with pytest.raises(SourceError, match=r"gives no access to a card \(Driver Not Loaded\): choose another"):
        open_power_source("nvml")


def test_says_which_package_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "pynvml", None)
    with pytest.raises(SourceError, match="run pip install nvidia-ml-py"):
        open_power_source("nvml")
