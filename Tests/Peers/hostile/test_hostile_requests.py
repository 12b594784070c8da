"""The mirror image: what the relay, as a server, makes of wrong requests. One relay has to bear them all."""

import contextlib
from typing import Callable, Dict, NamedTuple

import pytest
from harness import PATIENCE, wire
from harness.hostile import VISIBLE_SECONDS_MAX
from harness.watched import GOOD, KEY, Watched, in_bytes, request

HEAD_BYTES_MAX = 8192
LINE_BYTES_MAX = 256


def with_line(index: int, *lines: str) -> bytes:
    """The good request with these lines in place of one: 0 request, 1 Host, 2 Upgrade, 3 Connection, 4 key, 5 version,
    6 subprotocol."""
    return request(GOOD[:index] + list(lines) + GOOD[index + 1:])


def and_lines(*lines: str) -> bytes:
    return request(GOOD + list(lines))


class Request(NamedTuple):
    data: bytes
    status: int
    words: str


REQUESTS: Dict[str, Request] = {
    "post": Request(with_line(0, "POST / HTTP/1.1"), 405, "method is not GET"),
    "head": Request(with_line(0, "HEAD / HTTP/1.1"), 405, "method is not GET"),
    "method-in-lower-case": Request(with_line(0, "get / HTTP/1.1"), 405, "method is not GET"),
    "http-1.0": Request(with_line(0, "GET / HTTP/1.0"), 505, "HTTP version is not 1.1"),
    "http-2.0": Request(with_line(0, "GET / HTTP/2.0"), 505, "HTTP version is not 1.1"),
    "http-0.9": Request(with_line(0, "GET /"), 400, "not an HTTP request line"),
    "two-spaces": Request(with_line(0, "GET  / HTTP/1.1"), 400, "not an HTTP request line"),
    "target-not-ascii": Request(with_line(0, "GET /\xe9 HTTP/1.1"), 400, "not an HTTP request line"),
    "empty-line": Request(with_line(0, ""), 400, "not an HTTP request line"),
    "preface-of-http-2": Request(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "HTTP version is not 1.1"),
    "host-missing": Request(with_line(1), 400, "no Host header"),
    "host-empty": Request(with_line(1, "Host:"), 400, "wrong value of the Host header"),
    "host-not-ascii": Request(with_line(1, "Host:\xd9\x8clocalhost"), 400, "wrong value of the Host header"),
    "host-doubled": Request(and_lines("Host: other"), 400, "more than one Host header"),
    "upgrade-missing": Request(with_line(2), 400, "no Upgrade header"),
    "upgrade-other": Request(with_line(2, "Upgrade: h2c"), 400, "no Upgrade header"),
    "connection-missing": Request(with_line(3), 400, "no Connection header"),
    "connection-other": Request(with_line(3, "Connection: keep-alive"), 400, "no Connection header"),
    "key-missing": Request(with_line(4), 400, "no Sec-WebSocket-Key header"),
    "key-empty": Request(with_line(4, "Sec-WebSocket-Key:"), 400, "wrong value of the Sec-WebSocket-Key"),
    "key-short": Request(with_line(4, f"Sec-WebSocket-Key: {KEY[1:]}"), 400, "wrong value of the Sec-WebSocket-Key"),
    "key-long": Request(with_line(4, f"Sec-WebSocket-Key: AAAA{KEY}"), 400, "wrong value of the Sec-WebSocket-Key"),
    "key-not-base64": Request(with_line(4, f"Sec-WebSocket-Key: !{KEY[1:]}"), 400, "wrong value of the Sec-WebSock"),
    "key-doubled": Request(and_lines(GOOD[4]), 400, "more than one Sec-WebSocket-Key header"),
    "version-missing": Request(with_line(5), 400, "no Sec-WebSocket-Version header"),
    "version-8": Request(with_line(5, "Sec-WebSocket-Version: 8"), 426, "wrong value of the Sec-WebSocket-Version"),
    "version-list": Request(with_line(5, "Sec-WebSocket-Version: 13, 8"), 426, "wrong value of the Sec-WebSocket-V"),
    "version-doubled": Request(and_lines(GOOD[5]), 400, "more than one Sec-WebSocket-Version header"),
    "subprotocol-missing": Request(with_line(6), 400, "expected the subprotocol mles-websocket and no other, got 0"),
    "subprotocol-other": Request(with_line(6, "Sec-WebSocket-Protocol: chat"), 400, "and no other, got .chat"),
    "subprotocol-malformed": Request(with_line(6, "Sec-WebSocket-Protocol: a b"), 400, "wrong value of the Sec-WebS"),
    "subprotocol-doubled": Request(and_lines(GOOD[6]), 400, "and no other, got 2 of them"),
    "folded": Request(and_lines("X-A: b", " c"), 400, "folded HTTP line"),
    "bare-lf": Request(and_lines("X-A: b\nX-B: c"), 400, "stray byte 0x0a"),
    "bare-cr": Request(and_lines("X-A: b\rX-B: c"), 400, "stray byte 0x58"),
    "nul": Request(and_lines("X-A: b\0"), 400, "stray byte 0x00"),
    "space-before-colon": Request(with_line(1, "Host : localhost"), 400, "stray byte 0x20"),
    "name-empty": Request(and_lines(": x"), 400, "stray byte 0x3a"),
    "no-colon": Request(and_lines("X-A"), 400, "stray byte 0x0d"),
    "target-too-long": Request(with_line(0, f"GET /{'p' * LINE_BYTES_MAX} HTTP/1.1"), 431, "HTTP line longer than 256"),
    "line-too-long": Request(with_line(3, "Connection: Upgrade, " + "x" * LINE_BYTES_MAX), 431, "HTTP line longer"),
    "head-too-long": Request(and_lines("X-A: " + "x" * HEAD_BYTES_MAX), 431, "HTTP head longer than 8192"),
    "too-many-headers": Request(and_lines(*["X-A: b"] * 2000), 431, "HTTP head longer than 8192"),
    "zeros": Request(bytes(100), 400, "stray byte 0x00 at byte 0"),
}


def check_answer(client: wire.RawClient, status: int) -> None:
    lines = client._read_head()
    client.read_end(VISIBLE_SECONDS_MAX)
    assert lines[0].split(" ")[1] == str(status)


def check_status(client: wire.RawClient, status: int) -> None:
    # What was sent and not read makes a reset of the end, which may overtake the answer.
    with contextlib.suppress(wire.Ended, OSError):
        check_answer(client, status)


def check_refused(row: Request, watched: Watched, check: Callable[[wire.RawClient, int], None],
                  *, is_bytewise: bool = False) -> None:
    since = watched.lines()
    with watched.client() as client:
        # It may be refused before its last byte.
        with contextlib.suppress(OSError):
            for piece in in_bytes(row.data) if is_bytewise else [row.data]:
                client.send_bytes(piece)
        check(client, row.status)
    watched.check_said(f"{row.words}.*\\(HTTP {row.status}\\)", since)
    watched.check_undisturbed()


@pytest.mark.parametrize("row", REQUESTS.values(), ids=REQUESTS.keys())
def test_a_wrong_request_is_refused(row, watched):
    check_refused(row, watched, check_status)


@pytest.mark.parametrize("name", ["version-8", "host-doubled", "folded", "bare-lf", "http-1.0", "key-short"])
def test_the_pieces_in_which_it_comes_do_not_matter(name, watched):
    check_refused(REQUESTS[name], watched, check_status, is_bytewise=True)


SEEN_EARLY: Dict[str, Request] = {
    "method": Request(b"POST / HTTP/1.1\r\n", 405, "method is not GET"),
    "version": Request(b"GET / HTTP/1.0\r\n", 505, "HTTP version is not 1.1"),
    "key": Request(request(GOOD[:1] + ["Sec-WebSocket-Key: short"])[:-2], 400, "wrong value of the Sec-WebSocket-Key"),
    "stray-byte": Request(b"GET /\0", 400, "stray byte 0x00 at byte 5"),
    "folding": Request(b"GET / HTTP/1.1\r\nX: y\r\n ", 400, "folded HTTP line"),
    "long-line": Request((b"GET /" + b"p" * LINE_BYTES_MAX)[:LINE_BYTES_MAX + 1], 431, "HTTP line longer than 256"),
    "long-head": Request((b"GET / HTTP/1.1\r\nX: " + b"y" * HEAD_BYTES_MAX)[:HEAD_BYTES_MAX + 1], 431,
                         "HTTP head longer than 8192"),
}


@pytest.mark.parametrize("row", SEEN_EARLY.values(), ids=SEEN_EARLY.keys())
def test_the_first_wrong_byte_is_enough(row, watched):
    """The request goes no further than the byte, or the line, that tells; and the connection stays open."""
    check_refused(row, watched, check_answer)


def upper_case_name(line: str) -> str:
    name, _, value = line.partition(":")
    return f"{name.upper()}:{value}"


ACCEPTED = {
    "as-it-is": request(GOOD), "other-case": request(GOOD[:1] + [upper_case_name(line) for line in GOOD[1:]]),
    "upgrade-list": with_line(2, "Upgrade: h2c, WebSocket"), "connection-list": with_line(3, "Connection: a,, upgrade"),
    "absolute-target": with_line(0, "GET https://localhost/x?y HTTP/1.1"),
    "other-order": request([GOOD[0]] + GOOD[:0:-1]),
    "other-headers": and_lines("Origin: null", "Cookie: " + "c" * 4000),
    "extension": and_lines("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"),
}


@pytest.mark.parametrize("data", ACCEPTED.values(), ids=ACCEPTED.keys())
@pytest.mark.parametrize("is_bytewise", [False, True], ids=["whole", "bytewise"])
def test_a_right_request_is_accepted(data, is_bytewise, watched):
    with watched.client() as client:
        for piece in in_bytes(data) if is_bytewise else [data]:
            client.send_bytes(piece)
        lines = client._read_head()
        assert lines[0] == "HTTP/1.1 101 Switching Protocols"
        assert not any("extensions" in line.lower() for line in lines)


ENDLESS = {"request-line": (b"GET /", b"p" * 4096), "header": (b"GET / HTTP/1.1\r\nX: ", b"y" * 4096),
           "headers": (b"GET / HTTP/1.1\r\n", b"X: y\r\n" * 512), "name": (b"GET / HTTP/1.1\r\n", b"n" * 4096)}


@pytest.mark.parametrize("start, rest", ENDLESS.values(), ids=ENDLESS.keys())
def test_an_endless_request_is_cut_off(start, rest, watched):
    since = watched.lines()
    with watched.client() as client:
        client.socket.settimeout(PATIENCE)
        with pytest.raises(OSError):
            client.send_bytes(start)
            while True:
                client.send_bytes(rest)
    watched.check_said(r"HTTP (head|line) longer than \d+ bytes \(HTTP 431\)", since)
    watched.check_undisturbed()
