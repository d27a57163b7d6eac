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
