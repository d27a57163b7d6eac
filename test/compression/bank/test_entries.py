"""The entries of bank.json, as the tracker reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from hand_tracking_dsp.compression.bank.entries import (
    Entry,
    accuracy_entry,
    add_measurement,
    add_profile,
    add_variant,
    level_entry,
    network_entry,
    networks_of,
    new_bank,
)
from hand_tracking_dsp.tracking.manifest import Manifest, parse_manifest


def level(name: str, parameters: int, **more: object) -> Entry:
    return level_entry(name, f"{name}.onnx", name.encode(), parameters=parameters, macs=5, **more)


def read(*levels: Entry) -> Manifest:
    palm = network_entry("palm", "palm.onnx", b"palm", parameters=1, macs=1)
    return parse_manifest(Path("bank.json"), new_bank("test", "Apache-2.0", "here", levels, [palm]))


def test_levels_are_numbered_and_their_sparsity_is_that_of_the_first() -> None:
    manifest = read(level("dense", 1000), level("half", 500), level("quarter", 250))
    assert [(one.index, one.sparsity) for one in manifest.levels] == [(0, 0.0), (1, 0.5), (2, 0.75)]
    assert manifest.source == "here"


def test_an_entry_of_another_bank_is_numbered_anew() -> None:
    old = {**level("half", 500), "index": 7, "sparsity": 0.9}
    assert read(level("dense", 1000), old).levels[1].index == 1
    assert read(level("dense", 1000), old).levels[1].sparsity == 0.5


def test_what_a_block_keeps_and_what_was_measured_are_read_back() -> None:
    measured = accuracy_entry("val/a", 1.5, 100, "onnxruntime/x")
    found = read(level("dense", 10, keep={"stem": 0.5, "block07": 0}, accuracy=[measured])).levels[0]
    assert found.keep == {"stem": 0.5, "block07": 0.0}
    assert found.accuracy[0].metric == "deviation_palm_percent"
    assert (found.accuracy[0].value, found.accuracy[0].samples) == (1.5, 100)
    assert found.accuracy[0].provider == "onnxruntime/x"


def test_a_variant_has_all_of_its_level_but_file_precision_and_figures() -> None:
    entry = level("half", 10, keep={"stem": 0.5})
    add_variant(entry, "half_int8.onnx", b"8", "int8", accuracy=[accuracy_entry("val", 2.0, 9, "p")])
    (variant,) = read(entry).levels[0].variants
    assert (variant.name, variant.file, variant.precision) == ("half", "half_int8.onnx", "int8")
    assert variant.keep == {"stem": 0.5}
    assert variant.accuracy[0].value == 2.0
    assert variant.latency == ()


def test_a_variant_of_the_same_precision_is_replaced() -> None:
    entry = level("half", 10)
    add_variant(entry, "a.onnx", b"a", "int8")
    add_variant(entry, "b.onnx", b"b", "fp16")
    add_variant(entry, "c.onnx", b"c", "int8")
    assert [one["file"] for one in entry["variants"]] == ["b.onnx", "c.onnx"]
    bank = new_bank("test", "", "", [entry], [])
    assert [one["file"] for one in networks_of(bank)] == ["half.onnx", "b.onnx", "c.onnx"]


@pytest.mark.parametrize(("add", "field"), [(add_measurement, "accuracy"), (add_profile, "latency")])
def test_a_new_figure_replaces_the_one_measured_alike_only(add, field) -> None:
    common = {"metric": "m", "data": "d", "device": "x", "threads": 1}
    entry: Entry = {}
    for provider, value in (("a", 1), ("b", 2), ("a", 3)):
        add(entry, {**common, "provider": provider, "value": value})
    assert [one["value"] for one in entry[field]] == [2, 3]
