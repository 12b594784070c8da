"""What a client makes of frames that no server may send: `probe` over TCP and TLS, and the node (`run`)."""

from typing import Callable, Dict, NamedTuple

import pytest
from harness.hostile import VISIBLE_SECONDS_MAX, HostileServer, Peer, check_accepted, check_refused, probe
from harness.wire import BINARY, CLOSE, PING, PONG, TEXT, encode

CONTINUATION = 0
ANNOUNCED = 100
MESSAGE_BYTES_MAX = 100_000


def frame(opcode: int, payload: bytes = b"", *, is_final: bool = True) -> bytes:
    return encode(opcode, payload, is_final=is_final, is_masked=False)


def begun(opcode: int, payload: bytes) -> bytes:
    """A frame of which only the beginning comes: what is wrong with that is seen before the end."""
    assert len(payload) < ANNOUNCED
    return bytes([0x80 | opcode, ANNOUNCED]) + payload


def closing(code: int, reason: bytes = b"") -> bytes:
    return frame(CLOSE, code.to_bytes(2, "big") + reason)


HELLO = frame(TEXT, b"hello")
BYE = closing(1000)


class Row(NamedTuple):
    """Bytes behind a good message, the words for them, and the code of the Close that answers them."""
    data: bytes
    words: str
    code: int = 1002


BAD_TEXTS = {
    "lead-80": (b"\x80", 0), "lead-c0": (b"\xc0", 0), "lead-c1": (b"\xc1", 0), "lead-f5": (b"\xf5", 0),
    "lead-ff": (b"\xff", 0), "second-of-two": (b"\xc3\x28", 1), "second-of-three": (b"\xe2\x28", 1),
    "third-of-three": (b"\xe2\x82\x28", 2), "fourth-of-four": (b"\xf0\x9f\x98\x28", 3),
    "overlong-two": (b"\xc0\xaf", 0), "overlong-three": (b"\xe0\x80", 1), "overlong-four": (b"\xf0\x80", 1),
    "surrogate": (b"\xed\xa0", 1), "above-10ffff": (b"\xf4\x90", 1), "lead-after-lead": (b"\xe2\xe2", 1),
}
BAD_CODES = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 1999, 2000, 2999, 5000, 65535]
GOOD_CODES = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999]
CUT_TEXT = "aé€😀z".encode()
NONCHARACTERS = "\ufffe\uffff\U0010ffff\0".encode()
CUTS_WITHIN = [2, 4, 5, 7, 8, 9]

REFUSED: Dict[str, Row] = {
    "masked": Row(b"\x81\x85", "masked frame from a server"),
    "masked-ping": Row(b"\x89\x80", "masked frame from a server"),
    "masked-close": Row(b"\x88\x82", "masked frame from a server"),
    **{f"reserved-{name}": Row(bytes([bits | 0x81]), f"reserved bits {bits >> 4}, expected 0")
       for name, bits in {"bit-1": 0x40, "bit-2": 0x20, "bit-3": 0x10, "bits-all": 0x70}.items()},
    "reserved-bit-of-ping": Row(b"\xc9", "reserved bits 4"),
    "reserved-bit-of-close": Row(b"\xa8", "reserved bits 2"),
    **{f"opcode-{opcode}": Row(bytes([0x80 | opcode]), f"reserved opcode {opcode}")
       for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]},
    "opcode-3-unfinished": Row(b"\x03", "reserved opcode 3"),
    "length-0-in-2-bytes": Row(b"\x82\x7e\x00\x00", "length 0 in 2 bytes, more than it needs"),
    "length-125-in-2-bytes": Row(b"\x82\x7e\x00\x7d", "length 125 in 2 bytes, more than it needs"),
    "length-125-in-8-bytes": Row(b"\x82\x7f" + (125).to_bytes(8, "big"), "length 125 in 8 bytes, more than it needs"),
    "length-65535-in-8-bytes": Row(b"\x82\x7f" + (65535).to_bytes(8, "big"), "length 65535 in 8 bytes"),
    "length-of-64-bits": Row(b"\x82\x7f\x80", "length above 63 bits"),
    "length-all-ones": Row(b"\x82\x7f" + b"\xff" * 8, "length above 63 bits"),
    **{f"{name}-fragmented": Row(bytes([opcode]), f"fragmented control frame, opcode {opcode}")
       for name, opcode in {"close": CLOSE, "ping": PING, "pong": PONG}.items()},
    **{f"{name}-of-126-bytes": Row(bytes([0x80 | opcode, 126]), f"control frame above 125 bytes, opcode {opcode}")
       for name, opcode in {"close": CLOSE, "ping": PING, "pong": PONG}.items()},
    "ping-with-8-bytes-of-length": Row(b"\x89\x7f", "control frame above 125 bytes"),
    "continuation-of-nothing": Row(b"\x80", "continuation of no message"),
    "continuation-of-nothing-unfinished": Row(b"\x00", "continuation of no message"),
    "continuation-after-the-end": Row(
        frame(TEXT, b"a", is_final=False) + frame(CONTINUATION, b"b") + b"\x80", "continuation of no message"),
    "text-in-text": Row(frame(TEXT, b"a", is_final=False) + b"\x81", "expected a continuation, got opcode 1"),
    "binary-in-text": Row(frame(TEXT, b"a", is_final=False) + b"\x82", "expected a continuation, got opcode 2"),
    "text-in-binary-behind-a-ping": Row(
        frame(BINARY, b"a", is_final=False) + frame(PING) + b"\x01", "expected a continuation, got opcode 1"),
    **{f"utf8-{name}": Row(begun(TEXT, b"ok" + data), f"text is not UTF-8 at byte {2 + at}", 1007)
       for name, (data, at) in BAD_TEXTS.items()},
    **{f"utf8-{name}-in-a-fragment": Row(
        frame(TEXT, b"ok", is_final=False) + begun(CONTINUATION, data), f"not UTF-8 at byte {2 + at}", 1007)
       for name, (data, at) in BAD_TEXTS.items()},
    **{f"utf8-{name}-cut-at-{cut}": Row(
        frame(TEXT, b"ok" + data[:cut], is_final=False) + begun(CONTINUATION, data[cut:]), f"not UTF-8 at byte {2 + at}", 1007)
       for name, (data, at) in BAD_TEXTS.items() for cut in range(1, at + 1)},
    **{f"utf8-ends-at-{cut}": Row(frame(TEXT, CUT_TEXT[:cut]), f"not UTF-8 at byte {cut}", 1007)
       for cut in CUTS_WITHIN},
    **{f"utf8-ends-at-{cut}-in-fragments": Row(
        frame(TEXT, CUT_TEXT[:cut], is_final=False) + frame(CONTINUATION), f"not UTF-8 at byte {cut}", 1007)
       for cut in CUTS_WITHIN},
    "close-of-1-byte": Row(b"\x88\x01", "close payload of one byte"),
    **{f"close-code-{code}": Row(closing(code), f"close code {code} must not be sent") for code in BAD_CODES},
    **{f"close-reason-{name}": Row(closing(1000, data), f"not UTF-8 at byte {at}", 1007)
       for name, (data, at) in BAD_TEXTS.items()},
    "close-reason-cut": Row(closing(1000, "é".encode()[:1]), "not UTF-8 at byte 1", 1007),
}
# What only `probe` refuses, because it was told to; the node takes messages of any size in parts.
TOO_LARGE: Dict[str, Row] = {
    "too-large": Row(b"\x82\x7f" + (MESSAGE_BYTES_MAX + 1).to_bytes(8, "big"), "of 100001 bytes .* most 100000", 1009),
    "too-large-by-63-bits": Row(b"\x82\x7f\x7f" + b"\xff" * 7, "message of 9223372036854775807 bytes or more", 1009),
    "too-large-in-fragments": Row(
        frame(BINARY, bytes(MESSAGE_BYTES_MAX), is_final=False) + b"\x80\x01", "message of 100001 bytes", 1009),
    "lengths-beyond-64-bits": Row(
        frame(BINARY, bytes(MESSAGE_BYTES_MAX), is_final=False) + b"\x80\x7f\x7f" + b"\xff" * 7, "most 100000", 1009),
}


def upgrade_and_send(data: bytes, *, is_bytewise: bool = False) -> Callable[[Peer], None]:
    def script(peer: Peer) -> None:
        peer.upgrade()
        peer.send_bytewise(data) if is_bytewise else peer.send(data)
    return script


def check_row(row: Row, server: HostileServer, *options: str) -> None:
    verdict = probe(server.url, "--max-message", str(MESSAGE_BYTES_MAX), *options)
    check_refused(verdict, "^WebSocket: .*" + row.words, opened=True, code=row.code)
    assert verdict.report["messages"][0] == b"hello".hex(), "what came before counts"
    check_close(server, row.code)


def check_close(server: HostileServer, code: int) -> None:
    """The last that the server got is one Close with the code."""
    assert server.peers[0].has_ended.wait(VISIBLE_SECONDS_MAX), "nothing ended the connection"
    closes = [one for one in server.peers[0].frames() if one.opcode == CLOSE]
    assert [(int.from_bytes(one.payload[:2], "big"), one.is_masked) for one in closes] == [(code, True)]
    assert server.peers[0].frames()[-1].opcode == CLOSE


@pytest.mark.parametrize("row", {**REFUSED, **TOO_LARGE}.values(), ids={**REFUSED, **TOO_LARGE}.keys())
def test_a_wrong_frame_is_refused_over_tcp(row):
    with HostileServer(upgrade_and_send(HELLO + row.data)) as server:
        check_row(row, server)


@pytest.mark.parametrize("row", {**REFUSED, **TOO_LARGE}.values(), ids={**REFUSED, **TOO_LARGE}.keys())
def test_a_wrong_frame_is_refused_over_tls(row, authorities, trust):
    with HostileServer(upgrade_and_send(HELLO + row.data), authorities.server) as server:
        check_row(row, server, *trust)


@pytest.mark.parametrize("row", REFUSED.values(), ids=REFUSED.keys())
def test_a_wrong_frame_is_refused_by_the_node(row, authorities, node):
    with HostileServer(upgrade_and_send(HELLO + row.data), authorities.server) as server, node(server) as run:
        run.err.wait_for(f"broke the WebSocket protocol: .*{row.words}", VISIBLE_SECONDS_MAX)
        check_close(server, row.code)


@pytest.mark.parametrize("name", ["masked", "length-65535-in-8-bytes", "text-in-binary-behind-a-ping", "close-code-999",
                                  "utf8-fourth-of-four-in-a-fragment", "utf8-ends-at-7-in-fragments"])
def test_the_pieces_in_which_it_comes_do_not_matter(name):
    with HostileServer(upgrade_and_send(HELLO + REFUSED[name].data, is_bytewise=True)) as server:
        check_row(REFUSED[name], server)


class Good(NamedTuple):
    """Bytes behind a good message, and the messages and the code of the Close that are in them."""
    data: bytes
    messages: "list[bytes]" = []
    code: int = 1000


ACCEPTED: Dict[str, Good] = {
    **{f"text-cut-at-{cut}": Good(
        frame(TEXT, CUT_TEXT[:cut], is_final=False) + frame(PING, b"between") + frame(CONTINUATION, CUT_TEXT[cut:])
        + BYE, [CUT_TEXT]) for cut in range(len(CUT_TEXT) + 1)},
    "text-in-bytes": Good(b"".join(frame(CONTINUATION if index else TEXT, CUT_TEXT[index:index + 1], is_final=False)
                                   for index in range(len(CUT_TEXT))) + frame(CONTINUATION) + BYE, [CUT_TEXT]),
    "empty-messages": Good(frame(TEXT) + frame(BINARY) + BYE, [b"", b""]),
    "empty-fragments": Good(frame(BINARY, is_final=False) + frame(CONTINUATION, is_final=False) * 1000
                            + frame(CONTINUATION, b"x") + BYE, [b"x"]),
    "no-text-in-binary": Good(frame(BINARY, b"\xff\xc0\x80") + BYE, [b"\xff\xc0\x80"]),
    "noncharacters": Good(frame(TEXT, NONCHARACTERS) + BYE, [NONCHARACTERS]),
    "message-of-the-limit": Good(frame(BINARY, bytes(MESSAGE_BYTES_MAX)) + BYE, [bytes(MESSAGE_BYTES_MAX)]),
    "pongs-nobody-asked-for": Good(frame(PONG) + frame(PONG, bytes(125)) + BYE),
    **{f"close-code-{code}": Good(closing(code), code=code) for code in GOOD_CODES},
    "close-without-a-code": Good(frame(CLOSE), code=1005),
    "close-with-the-longest-reason": Good(closing(1001, b"r" * 123), code=1001),
    "data-after-close": Good(BYE + frame(TEXT, b"after")),
    "errors-after-close": Good(BYE + b"\xff" * 1000),
    "close-after-close": Good(BYE + closing(1001)),
    "close-in-a-fragmented-message": Good(frame(TEXT, b"a", is_final=False) + BYE),
}


@pytest.mark.parametrize("row", ACCEPTED.values(), ids=ACCEPTED.keys())
@pytest.mark.parametrize("is_secured", [False, True], ids=["tcp", "tls"])
def test_what_a_server_may_send_is_accepted(row, is_secured, authorities, trust):
    with HostileServer(upgrade_and_send(HELLO + row.data), authorities.server if is_secured else None) as server:
        verdict = probe(server.url, "--max-message", str(MESSAGE_BYTES_MAX), *(trust if is_secured else []))
        check_accepted(verdict, close=(row.code, row.code))
        assert verdict.report["messages"] == [message.hex() for message in [b"hello", *row.messages]]


@pytest.mark.parametrize("payload", [b"", b"p", bytes(range(125))], ids=["empty", "1", "125"])
def test_a_ping_is_answered_with_its_payload(payload):
    with HostileServer(upgrade_and_send(frame(PING, payload) + BYE)) as server:
        check_accepted(probe(server.url))
        assert [one.payload for one in server.peers[0].frames() if one.opcode == PONG] == [payload]
