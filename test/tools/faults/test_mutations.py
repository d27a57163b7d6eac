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

"""Damage to files is seeded, and changes what it is given."""

from __future__ import annotations

import json
from random import Random

import pytest

from faults.mutations import MUTATIONS, change_value, mutate

DOCUMENT = json.dumps({"a": [1, 2.5, {"b": "text"}], "c": None}).encode()


@pytest.mark.parametrize("damage", MUTATIONS, ids=lambda each: each.__name__)
@pytest.mark.parametrize("data", [b"", b"\x00", DOCUMENT, bytes(range(256)) * 8], ids=len)
def test_every_mutation_takes_any_bytes(damage, data: bytes) -> None:
    assert all(isinstance(damage(data, Random(seed)), bytes) for seed in range(50))


def test_the_same_seed_gives_the_same_damage_and_others_another() -> None:
    damaged = [mutate(DOCUMENT, Random(seed)) for seed in range(40)]
    assert damaged == [mutate(DOCUMENT, Random(seed)) for seed in range(40)]
    assert len(set(damaged)) > 20
    assert sum(data != DOCUMENT for data in damaged) > 30


def test_a_changed_value_leaves_json_that_python_reads_but_another_document() -> None:
    changed = [json.loads(change_value(DOCUMENT, Random(seed))) for seed in range(30)]
    assert sum(document != json.loads(DOCUMENT) for document in changed) > 20
