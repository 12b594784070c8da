"""Mles v2 written down a second time, for the tests: the join header and its authentication."""

import json
from typing import Optional

SUBPROTOCOL = "mles-websocket"
_MASK = (1 << 64) - 1


def siphash24(key: bytes, data: bytes) -> int:
    """SipHash-2-4 (Aumasson and Bernstein, 2012)."""
    k0, k1 = int.from_bytes(key[:8], "little"), int.from_bytes(key[8:], "little")
    v = [k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D, k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573]

    def rotate(value: int, by: int) -> int:
        return ((value << by) | (value >> (64 - by))) & _MASK

    def rounds(count: int) -> None:
        for _ in range(count):
            v[0] = (v[0] + v[1]) & _MASK
            v[1] = rotate(v[1], 13) ^ v[0]
            v[0] = rotate(v[0], 32)
            v[2] = (v[2] + v[3]) & _MASK
            v[3] = rotate(v[3], 16) ^ v[2]
            v[0] = (v[0] + v[3]) & _MASK
            v[3] = rotate(v[3], 21) ^ v[0]
            v[2] = (v[2] + v[1]) & _MASK
            v[1] = rotate(v[1], 17) ^ v[2]
            v[2] = rotate(v[2], 32)

    whole = len(data) - len(data) % 8
    words = [int.from_bytes(data[at:at + 8], "little") for at in range(0, whole, 8)]
    words.append(int.from_bytes(data[whole:] + bytes(7 - len(data) % 8) + bytes([len(data) & 0xFF]), "little"))
    for word in words:
        v[3] ^= word
        rounds(2)
        v[0] ^= word
    v[2] ^= 0xFF
    rounds(4)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


def authentication(uid: str, channel: str, key: Optional[str] = None) -> str:
    return f"{siphash24(bytes(16), (uid + channel + (key or '')).encode()):016x}"


def join_header(uid: str, channel: str = "example", auth: Optional[str] = None, **extra) -> str:
    fields = {"uid": uid, "channel": channel, **extra}
    if auth is not None:
        fields["auth"] = auth
    return json.dumps(fields)
