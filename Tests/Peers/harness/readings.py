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
