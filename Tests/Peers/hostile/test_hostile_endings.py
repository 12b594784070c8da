"""Connections that end or stop where they should not: FIN, RST and silence at each stage."""

import re
from typing import Callable, Dict, NamedTuple, Optional

import pytest
from harness.hostile import (GOOD_STATUS, VISIBLE_SECONDS_MAX, HostileServer, Peer, check_accepted, check_refused,
                             good_lines, head, probe)
from harness.wire import TEXT, encode

HELLO = encode(TEXT, b"hello", is_masked=False)
FRAGMENT = encode(TEXT, b"hello", is_final=False, is_masked=False)
STALL_SECONDS = 2


class Stage(NamedTuple):
    """How far the server goes, and what the client says when it then hears FIN, or nothing; None: not an error."""
    go: Callable[[Peer], None]
    at_end: Optional[str]
    at_stall: Optional[str]
    opened: bool = False


def partly(text: str) -> Callable[[Peer], None]:
    def go(peer: Peer) -> None:
        peer.read_request()
        peer.send(text.encode())
    return go


def all_but_the_last_byte(peer: Peer) -> None:
    peer.send(head(good_lines(peer.read_request()))[:-1])


def upgraded(data: bytes) -> Callable[[Peer], None]:
    def go(peer: Peer) -> None:
        peer.upgrade()
        peer.send(data)
    return go


NO_ANSWER = "^HTTP: no complete answer within 2s"
CUT_MESSAGE = "in the middle of a message"
STAGES: Dict[str, Stage] = {
    "before-the-answer": Stage(partly(""), "ended at byte 0 of the HTTP head", NO_ANSWER),
    "in-the-status-line": Stage(partly("HTTP/1.1 10"), "connection ended at byte 11 of the HTTP head", NO_ANSWER),
    "in-a-header": Stage(partly(f"{GOOD_STATUS}\r\nUpgrade: web"), "ended at byte 46 of the HTTP head", NO_ANSWER),
    "before-the-last-byte": Stage(all_but_the_last_byte, r"ended at byte \d+ of the HTTP head", NO_ANSWER),
    "after-the-upgrade": Stage(upgraded(b""), None, None, opened=True),
    "between-messages": Stage(upgraded(HELLO), None, None, opened=True),
    "in-a-frame-header": Stage(upgraded(HELLO + b"\x81"), CUT_MESSAGE, None, opened=True),
    "in-a-payload": Stage(upgraded(HELLO[:-1]), CUT_MESSAGE, None, opened=True),
    "between-fragments": Stage(upgraded(FRAGMENT), CUT_MESSAGE, None, opened=True),
}
SECURED = pytest.mark.parametrize("is_secured", [False, True], ids=["tcp", "tls"])
EVERY_STAGE = pytest.mark.parametrize("stage", STAGES.values(), ids=STAGES.keys())


@SECURED
@EVERY_STAGE
def test_a_half_close_is_an_end_or_an_error(stage, is_secured, authorities, trust):
    """The server would still read: the client does not wait for more from it."""
    def script(peer):
        stage.go(peer)
        peer.finish()

    with HostileServer(script, authorities.server if is_secured else None) as server:
        verdict = probe(server.url, *(trust if is_secured else []))
    if stage.at_end:
        check_refused(verdict, stage.at_end, opened=stage.opened)
    else:
        check_accepted(verdict, close=(None, None))


@EVERY_STAGE
def test_the_end_of_tls_is_an_end_or_an_error_too(stage, authorities, trust):
    def script(peer):
        stage.go(peer)
        peer.finish_tls()

    with HostileServer(script, authorities.server) as server:
        verdict = probe(server.url, *trust)
    if stage.at_end:
        check_refused(verdict, stage.at_end, opened=stage.opened)
    else:
        check_accepted(verdict, close=(None, None))


@SECURED
@EVERY_STAGE
def test_a_reset_is_told_as_such(stage, is_secured, authorities, trust):
    def script(peer):
        stage.go(peer)
        peer.reset()

    with HostileServer(script, authorities.server if is_secured else None) as server:
        verdict = probe(server.url, *(trust if is_secured else []))
    assert verdict.status == 1 and re.search("connection reset", verdict.report["error"]), verdict.report


@SECURED
@EVERY_STAGE
def test_a_stall_ends_with_the_time_and_says_where(stage, is_secured, authorities, trust):
    with HostileServer(stage.go, authorities.server if is_secured else None) as server:
        verdict = probe(server.url, *(trust if is_secured else []), timeout_seconds=STALL_SECONDS)
    assert verdict.report["seconds"] >= STALL_SECONDS
    if stage.at_stall:
        check_refused(verdict, stage.at_stall, opened=stage.opened)
    else:
        # The end of the time is what a probe is for: it leaves in order.
        assert verdict.status == 0 and verdict.report["close_sent"] == 1000, verdict.report
        assert verdict.report["seconds"] < VISIBLE_SECONDS_MAX


def test_a_server_that_takes_the_connection_only_is_given_up(authorities, trust):
    with HostileServer(lambda peer: None, authorities.server, is_bare=True) as server:
        verdict = probe(server.url, *trust, timeout_seconds=STALL_SECONDS)
    check_refused(verdict, "^TLS: handshake not complete within 2s")


@pytest.mark.parametrize("end, words", [(Peer.finish, "closed the connection during the TLS handshake"),
                                        (Peer.reset, "connection reset")], ids=["fin", "rst"])
def test_an_end_before_tls_is_told(end, words, authorities, trust):
    def script(peer):
        peer.socket.recv(65536)
        end(peer)

    with HostileServer(script, authorities.server, is_bare=True) as server:
        check_refused(probe(server.url, *trust), words)


@EVERY_STAGE
@pytest.mark.parametrize("end", [Peer.finish, Peer.finish_tls, Peer.reset], ids=["fin", "close-notify", "rst"])
def test_the_node_tells_it_too(stage, end, authorities, node):
    def script(peer):
        stage.go(peer)
        end(peer)

    if end is Peer.reset:
        words = "connection failed: connection reset"
    else:
        words = "the server ended the connection" if stage.opened else f"upgrade refused: .*{stage.at_end}"
    with HostileServer(script, authorities.server) as server, node(server) as run:
        run.err.wait_for(f"warning: {words}; next try in", VISIBLE_SECONDS_MAX)
