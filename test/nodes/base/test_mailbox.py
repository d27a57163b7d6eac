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

import threading

from hand_tracking_dsp.nodes.base.mailbox import Mailbox


def test_only_the_newest_item_is_kept_and_the_others_are_counted():
    box: Mailbox[int] = Mailbox()
    for item in range(3):
        box.put(item)
    assert box.take() == 2
    assert box.dropped == 2


def test_closing_ends_a_wait_and_forgets_what_is_left():
    box: Mailbox[int] = Mailbox()
    taken: list[int | None] = []
    thread = threading.Thread(target=lambda: taken.append(box.take()))
    thread.start()
    box.close()
    thread.join(10)
    assert taken == [None]
    box.put(1)
    assert box.take() is None


def test_every_item_is_either_taken_or_counted():
    box: Mailbox[int] = Mailbox()
    taken: list[int] = []

    def take_all() -> None:
        while (item := box.take()) is not None:
            taken.append(item)

    thread = threading.Thread(target=take_all)
    thread.start()
    for item in range(1, 2001):
        box.put(item)
    while not taken or taken[-1] != 2000:
        pass
    box.close()
    thread.join(10)
    assert len(taken) + box.dropped == 2000
    assert taken == sorted(taken)
