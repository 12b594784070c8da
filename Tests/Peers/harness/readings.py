"""What a board's readings look like to a member of the channel."""

import json
from typing import List

from .members import Message, is_header


def readings(messages: List[Message]) -> List[dict]:
    return [json.loads(m) for m in messages if not is_header(m) and '"channel"' not in m]


def check_sequence(found, count, uid="board"):
    assert [reading["seq"] for reading in found] == list(range(found[0]["seq"], found[0]["seq"] + count))
    for reading in found:
        assert reading["uid"] == uid
        assert abs(reading["time"] / 1000 - found[0]["time"] / 1000) < 60
        assert -40 <= reading["temperature"] <= 125
        assert 0 <= reading["humidity"] <= 100


def check_across_faults(found: List[dict], figures: dict, uid="board"):
    """What is promised about readings of a run whose connections broke: the one place that says so.

    `found` is what a subscriber got, `figures` are those of the run's last line.
    """
    numbers = [reading["seq"] for reading in found]
    once = list(dict.fromkeys(numbers))
    assert once == sorted(once), "a reading overtook an earlier one"
    assert all(reading["uid"] == uid for reading in found)
    assert 0 <= once[0] and once[-1] < figures["published"]
    # What the outbox let go of, by its policy and counted, is all that may be missing.
    missing = figures["published"] - figures["kept"] - len(once)
    assert missing <= figures["dropped"] + figures["unconfirmed"], f"{missing} readings lost of {figures}"
    # The server keeps its history here, and all connections but the last are waited for: nothing is sent a second time.
    assert once == numbers, "a reading came twice"
