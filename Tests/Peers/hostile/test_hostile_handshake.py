"""What a client makes of wrong answers to its opening handshake: `probe` over TCP and TLS, and the node (`run`)."""

from typing import Callable, Dict, List, NamedTuple

import pytest
from harness import program
from harness.hostile import (GOOD_STATUS, VISIBLE_SECONDS_MAX, HostileServer, Peer, accept_value, check_accepted,
                             check_refused, good_lines, head, probe)
from harness.wire import CLOSE, encode

CLOSE_1000 = encode(CLOSE, b"\x03\xe8", is_masked=False)
HEAD_BYTES_MAX = 8192
LINE_BYTES_MAX = 256
Lines = Callable[[str], List[str]]


def with_line(index: int, *lines: str) -> Lines:
    """The good answer with these lines in place of one: 0 status, 1 Upgrade, 2 Connection, 3 accept, 4 subprotocol."""
    return lambda key: good_lines(key)[:index] + list(lines) + good_lines(key)[index + 1:]


def with_accept(make: Callable[[str], str]) -> Lines:
    return lambda key: good_lines(key)[:3] + [f"Sec-WebSocket-Accept: {make(key)}"] + good_lines(key)[4:]


def and_lines(*lines: str) -> Lines:
    return lambda key: good_lines(key) + list(lines)


def doubled(index: int) -> Lines:
    return lambda key: good_lines(key) + [good_lines(key)[index]]


class Row(NamedTuple):
    lines: Lines
    words: str


STATUSES = {
    "200": ("HTTP/1.1 200 OK", "Content-Length: 2"), "301": ("HTTP/1.1 301 Moved", "Location: wss://localhost:1/"),
    "302": ("HTTP/1.1 302 Found", "Location: /"), "307": ("HTTP/1.1 307 Temporary Redirect", "Location: /"),
    "400": ("HTTP/1.1 400 Bad Request",), "401": ("HTTP/1.1 401 Unauthorized", 'WWW-Authenticate: Basic realm="x"'),
    "403": ("HTTP/1.1 403 Forbidden",), "404": ("HTTP/1.1 404 Not Found",), "407": ("HTTP/1.1 407 Proxy",),
    "426": ("HTTP/1.1 426 Upgrade Required", "Sec-WebSocket-Version: 8"), "500": ("HTTP/1.1 500 Oops",),
    "503": ("HTTP/1.1 503 Service Unavailable", "Retry-After: 1"), "100": ("HTTP/1.1 100 Continue",),
}
REFUSED: Dict[str, Row] = {
    "accept-missing": Row(with_line(3), "no Sec-WebSocket-Accept header"),
    "accept-empty": Row(with_accept(lambda key: ""), "wrong value of the Sec-WebSocket-Accept"),
    "accept-short": Row(with_accept(lambda key: accept_value(key)[:-1]), "wrong value of the Sec-WebSocket-Accept"),
    "accept-long": Row(with_accept(lambda key: accept_value(key) + "="), "wrong value of the Sec-WebSocket-Accept"),
    "accept-wrong": Row(with_accept(lambda key: accept_value(key[::-1])), "wrong value of the Sec-WebSocket-Accept"),
    "accept-lower-case": Row(with_accept(lambda key: accept_value(key).lower()), "wrong value of the Sec-WebSocket-A"),
    "accept-is-the-key": Row(with_accept(lambda key: key), "wrong value of the Sec-WebSocket-Accept"),
    "accept-list": Row(with_accept(lambda key: f"{accept_value(key)}, x"), "wrong value of the Sec-WebSocket-Accept"),
    "accept-doubled": Row(doubled(3), "more than one Sec-WebSocket-Accept header"),
    **{f"status-{name}": Row(with_line(0, *lines), f"HTTP status {name}, expected 101")
       for name, lines in STATUSES.items()},
    "status-of-four-digits": Row(with_line(0, "HTTP/1.1 1010 X"), "not an HTTP status line"),
    "status-line-empty": Row(with_line(0, ""), "not an HTTP status line"),
    "http-1.0": Row(with_line(0, "HTTP/1.0 101 X"), "HTTP version is not 1.1"),
    "http-2.0": Row(with_line(0, "HTTP/2.0 101 X"), "HTTP version is not 1.1"),
    "ssh": Row(lambda key: ["SSH-2.0-OpenSSH_9.2"], "not an HTTP status line"),
    "upgrade-missing": Row(with_line(1), "no Upgrade header"),
    "upgrade-wrong": Row(with_line(1, "Upgrade: h2c"), "wrong value of the Upgrade header"),
    "upgrade-longer": Row(with_line(1, "Upgrade: websockets"), "wrong value of the Upgrade header"),
    # RFC 6455, section 4.1: the value is websocket, where a server looks for it in a list.
    "upgrade-list": Row(with_line(1, "Upgrade: h2c, websocket"), "wrong value of the Upgrade header"),
    "upgrade-doubled": Row(doubled(1), "more than one Upgrade header"),
    "connection-missing": Row(with_line(2), "no Connection header"),
    "connection-wrong": Row(with_line(2, "Connection: keep-alive"), "wrong value of the Connection header"),
    "connection-longer": Row(with_line(2, "Connection: Upgraded"), "wrong value of the Connection header"),
    "subprotocol-missing": Row(with_line(4), "no Sec-WebSocket-Protocol header"),
    "subprotocol-other": Row(with_line(4, "Sec-WebSocket-Protocol: chat"), "Sec-WebSocket-Protocol that was not off"),
    "subprotocol-case": Row(with_line(4, "Sec-WebSocket-Protocol: MLES-websocket"), "that was not offered"),
    "subprotocol-list": Row(with_line(4, "Sec-WebSocket-Protocol: mles-websocket, chat"), "that was not offered"),
    "subprotocol-doubled": Row(doubled(4), "more than one Sec-WebSocket-Protocol header"),
    "extension": Row(and_lines("Sec-WebSocket-Extensions: permessage-deflate"), "Extensions that was not offered"),
    "extension-empty": Row(and_lines("Sec-WebSocket-Extensions:"), "Extensions that was not offered"),
    "folded-space": Row(and_lines("X-A: b", " c"), "folded HTTP line"),
    "folded-tab": Row(and_lines("X-A: b", "\tc"), "folded HTTP line"),
    "bare-lf": Row(and_lines("X-A: b\nX-B: c"), "stray byte 0x0a"),
    "bare-cr": Row(and_lines("X-A: b\rX-B: c"), "stray byte 0x58"),
    "nul": Row(and_lines("X-A: b\x00"), "stray byte 0x00"),
    "space-before-colon": Row(with_line(1, "Upgrade : websocket"), "stray byte 0x20"),
    "name-empty": Row(and_lines(": x"), "stray byte 0x3a"),
    "no-colon": Row(and_lines("X-A"), "stray byte 0x0d"),
    "line-too-long": Row(with_line(2, "Connection: Upgrade, " + "x" * LINE_BYTES_MAX), "HTTP line longer than 256"),
    "head-too-long": Row(and_lines("X-A: " + "x" * HEAD_BYTES_MAX), "HTTP head longer than 8192 bytes"),
    "too-many-headers": Row(and_lines(*["X-A: b"] * 2000), "HTTP head longer than 8192 bytes"),
}


def answer(row: Row) -> Callable[[Peer], None]:
    return lambda peer: peer.send(head(row.lines(peer.read_request())))


def answer_bytewise(row: Row) -> Callable[[Peer], None]:
    return lambda peer: peer.send_bytewise(head(row.lines(peer.read_request())))


@pytest.mark.parametrize("row", REFUSED.values(), ids=REFUSED.keys())
def test_a_wrong_answer_is_refused_over_tcp(row):
    with HostileServer(answer(row)) as server:
        check_refused(probe(server.url), row.words)
        assert len(server.peers) == 1, "redirects are not followed"


@pytest.mark.parametrize("row", REFUSED.values(), ids=REFUSED.keys())
def test_a_wrong_answer_is_refused_over_tls(row, authorities, trust):
    with HostileServer(answer(row), authorities.server) as server:
        check_refused(probe(server.url, *trust), row.words)


@pytest.mark.parametrize("row", REFUSED.values(), ids=REFUSED.keys())
def test_a_wrong_answer_is_refused_by_the_node(row, authorities, node):
    with HostileServer(answer(row), authorities.server) as server, node(server) as run:
        run.err.wait_for(f"upgrade refused: .*{row.words}", VISIBLE_SECONDS_MAX)
        assert all(not peer.frames() for peer in server.peers), "a frame was sent on a connection that is not open"


ONE_AT_A_TIME = ["accept-wrong", "status-503", "folded-tab", "extension", "bare-lf", "http-1.0"]


@pytest.mark.parametrize("name", ONE_AT_A_TIME)
def test_the_pieces_in_which_it_comes_do_not_matter(name):
    with HostileServer(answer_bytewise(REFUSED[name])) as server:
        check_refused(probe(server.url), REFUSED[name].words)


SEEN_EARLY = {
    "status": (lambda key: "HTTP/1.1 503 Service Unavailable\r\n", "HTTP status 503"),
    "version": (lambda key: "HTTP/1.0 101 X\r\n", "HTTP version"),
    "accept": (lambda key: "\r\n".join([GOOD_STATUS, f"Sec-WebSocket-Accept: {accept_value('x')}", ""]), "wrong value"),
    "extension": (lambda key: f"{GOOD_STATUS}\r\nSec-WebSocket-Extensions: x\r\n", "not offered"),
    "stray-byte": (lambda key: "HTTP/1.1 \x00", "stray byte 0x00 at byte 9"),
    "folding": (lambda key: f"{GOOD_STATUS}\r\nX: y\r\n ", "folded HTTP line"),
    "long-line": (lambda key: "HTTP/1.1 101 " + "x" * LINE_BYTES_MAX, "HTTP line longer than 256"),
    "long-head": (lambda key: f"{GOOD_STATUS}\r\nX: " + "y" * HEAD_BYTES_MAX, "HTTP head longer than 8192"),
}


@pytest.mark.parametrize("make, words", SEEN_EARLY.values(), ids=SEEN_EARLY.keys())
def test_the_first_wrong_byte_is_enough(make, words):
    """The head goes no further than that byte, and the connection stays open."""
    with HostileServer(lambda peer: peer.send(make(peer.read_request()).encode())) as server:
        check_refused(probe(server.url), words)


ENDLESS = {
    "status-line": (b"HTTP/1.1 101 ", b"x" * 4096, "HTTP line longer than 256"),
    "header": (f"{GOOD_STATUS}\r\nX: ".encode(), b"y" * 4096, "HTTP head longer than 8192"),
    "name": (f"{GOOD_STATUS}\r\n".encode(), b"n" * 4096, "HTTP head longer than 8192"),
    "headers": (f"{GOOD_STATUS}\r\n".encode(), b"X: y\r\n" * 512, "HTTP head longer than 8192"),
    "empty-lines": (b"", b"\r\n" * 512, "not an HTTP status line"),
    "zeros": (b"", bytes(4096), "stray byte 0x00 at byte 0"),
}


@pytest.mark.parametrize("start, rest, words", ENDLESS.values(), ids=ENDLESS.keys())
@pytest.mark.parametrize("is_secured", [False, True], ids=["tcp", "tls"])
def test_an_endless_answer_is_cut_off(start, rest, words, is_secured, authorities, trust):
    def script(peer):
        peer.read_request()
        peer.send(start)
        peer.send_forever(rest)

    with HostileServer(script, authorities.server if is_secured else None) as server:
        check_refused(probe(server.url, *(trust if is_secured else [])), words)


ACCEPTED: Dict[str, Lines] = {
    "as-it-is": good_lines,
    "no-reason": with_line(0, "HTTP/1.1 101 "),
    "other-case": lambda key: [GOOD_STATUS, "UPGRADE: WebSocket", "connection: keep-alive, UPGRADE",
                               f"sec-websocket-accept:{accept_value(key)}", "sec-websocket-protocol:mles-websocket"],
    "blanks": lambda key: [GOOD_STATUS] + [line.replace(": ", ": \t ") + " \t" for line in good_lines(key)[1:]],
    "connection-in-two": with_line(2, "Connection: keep-alive", "Connection: Upgrade"),
    "other-order": lambda key: [GOOD_STATUS] + good_lines(key)[:0:-1],
    "headers-that-do-not-matter": and_lines("Date: Sun, 06 Nov 1994 08:49:37 GMT", "X-Empty:", "X-A: \xe4"),
    "a-long-header-that-does-not-matter": and_lines("X-A: " + "x" * 5000),
}


@pytest.mark.parametrize("lines", ACCEPTED.values(), ids=ACCEPTED.keys())
@pytest.mark.parametrize("is_bytewise", [False, True], ids=["whole", "bytewise"])
def test_a_right_answer_is_accepted(lines, is_bytewise):
    def script(peer):
        data = head(lines(peer.read_request())) + CLOSE_1000
        peer.send_bytewise(data) if is_bytewise else peer.send(data)

    with HostileServer(script) as server:
        check_accepted(probe(server.url))


def test_a_head_of_exactly_8_kib_is_accepted_and_one_byte_more_is_not():
    def script(extra):
        def run(peer):
            lines = good_lines(peer.read_request())
            room = HEAD_BYTES_MAX + extra - len(head(lines + ["X: "]))
            peer.send(head(lines + ["X: " + "x" * room]) + CLOSE_1000)
        return run

    with HostileServer(script(0)) as server:
        check_accepted(probe(server.url))
    with HostileServer(script(1)) as server:
        check_refused(probe(server.url), "HTTP head longer than 8192 bytes")
