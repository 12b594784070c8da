"""What a client makes of TLS records that are cut, changed, repeated or missing: somebody stands between."""

import re
import threading
from typing import Callable, Dict

import pytest
from conftest import TLS_VERSIONS, VERSIONS
from harness.hostile import VISIBLE_SECONDS_MAX, HostileServer, Peer, check_refused, probe, server_context
from harness.tampering import APPLICATION, HANDSHAKE, HEADER_BYTES, Tamper, alert, between, flipped, record
from harness.wire import TEXT, encode

pytestmark = pytest.mark.tls
TLS = pytest.mark.parametrize("version", TLS_VERSIONS)
STALL_SECONDS = 2


# During the handshake

def on_record(number: int, change: Callable[[bytes, Peer], bytes]) -> Tamper:
    """Passes the server's records on, this one as `change` has it, and nothing more once that has ended the stream."""
    def tamper(records, peer):
        for index, one in enumerate(records):
            peer.send(change(one, peer) if index == number else one)
    return tamper


def in_half(end: Callable[[Peer], None]) -> Callable[[bytes, Peer], bytes]:
    def change(one: bytes, peer: Peer) -> bytes:
        peer.send(one[:HEADER_BYTES + (len(one) - HEADER_BYTES) // 2])
        end(peer)
        raise ConnectionError("ended")
    return change


# The record with the server's certificate; the signature with its key is in the next one.
CERTIFICATE = {"TLSv1.2": 1, "TLSv1.3": 3}


def on_certificate(after: int, change: Callable[[bytes, Peer], bytes]) -> Callable[[str], Tamper]:
    return lambda version: on_record(CERTIFICATE[version] + after, change)


def on_any(number: int, change: Callable[[bytes, Peer], bytes]) -> Callable[[str], Tamper]:
    return lambda version: on_record(number, change)


# The version in a record's header is not among them: where the record is in clear, TLS 1.3 has it ignored.
HANDSHAKE_CHANGES: Dict[str, Callable[[str], Tamper]] = {
    **{f"first-byte-of-{number}": on_any(number, lambda one, peer: flipped(one, HEADER_BYTES)) for number in range(6)},
    **{f"kind-of-{number}": on_any(number, lambda one, peer: flipped(one, 0)) for number in range(6)},
    **{f"last-byte-of-{number}": on_any(number, lambda one, peer: flipped(one, len(one) - 1))
       for number in (0, 1, 2, 4)},
    "server-hello-twice": on_any(0, lambda one, peer: one + one),
    "certificate-twice": on_certificate(0, lambda one, peer: one + one),
    "certificate-missing": on_certificate(0, lambda one, peer: b""),
    "signature-changed": on_certificate(1, lambda one, peer: flipped(one, len(one) - 1)),
    "signature-missing": on_certificate(1, lambda one, peer: b""),
    "certificate-before-hello": on_any(0, lambda one, peer: b""),
}
DAMAGED, WRONG = "peer's record is damaged or not TLS", "peer's handshake message is wrong or not TLS"
UNREADABLE, IN_COMMON = "certificate cannot be read or used", "no cipher suite, group or signature algorithm in"
# What else it is called: in TLS 1.2 a message is in clear, and may be wrong in several ways. In TLS 1.3 only the first
# record is in clear, and any change of what is encrypted is damage.
OTHER_WORDS = {
    "TLSv1.2": {"first-byte-of-1": f"{UNREADABLE}|{WRONG}", "first-byte-of-4": f"{IN_COMMON}|{WRONG}",
                "first-byte-of-5": DAMAGED, "kind-of-5": DAMAGED, "last-byte-of-1": "certificate was not issued",
                "last-byte-of-4": f"{IN_COMMON}|{WRONG}", "server-hello-twice": f"{UNREADABLE}|{WRONG}",
                "certificate-missing": f"{UNREADABLE}|{WRONG}"},
    "TLSv1.3": {"first-byte-of-0": WRONG, "kind-of-0": WRONG, "last-byte-of-0": IN_COMMON,
                "certificate-before-hello": WRONG},
}
USUAL_WORDS = {"TLSv1.2": WRONG, "TLSv1.3": DAMAGED}


@pytest.fixture
def good_server(authorities, version):
    context = server_context(authorities.server)
    context.minimum_version = context.maximum_version = VERSIONS[version]
    with HostileServer(lambda peer: peer.upgrade(), context) as server:
        yield server


@TLS
@pytest.mark.parametrize("name", HANDSHAKE_CHANGES)
def test_a_handshake_that_was_changed_on_the_way_fails(name, version, good_server, authorities, trust, node):
    tamper = HANDSHAKE_CHANGES[name](version)
    words = OTHER_WORDS[version].get(name, USUAL_WORDS[version])
    with HostileServer(between(good_server.port, tamper), authorities.server, is_bare=True) as server:
        check_refused(probe(server.url, *trust), f"^TLS: ({words})")
        with node(server) as run:
            run.err.wait_for(f"(warning|error): .*({words})", VISIBLE_SECONDS_MAX)


@TLS
@pytest.mark.parametrize("number", range(5))
@pytest.mark.parametrize("end, words", [
    (Peer.finish, "peer closed the connection during the TLS handshake"), (Peer.reset, "connection reset")],
    ids=["fin", "rst"])
def test_a_handshake_that_is_cut_says_so(number, end, words, good_server, authorities, trust):
    tamper = on_record(number, in_half(end))
    with HostileServer(between(good_server.port, tamper), authorities.server, is_bare=True) as server:
        check_refused(probe(server.url, *trust), words)


@TLS
@pytest.mark.parametrize("number", range(5))
def test_a_handshake_that_stalls_ends_with_its_time(number, good_server, authorities, trust):
    tamper = on_record(number, in_half(lambda peer: None))
    with HostileServer(between(good_server.port, tamper), authorities.server, is_bare=True) as server:
        verdict = probe(server.url, *trust, timeout_seconds=STALL_SECONDS)
    check_refused(verdict, "^TLS: handshake not complete within 2s")


# The same once the connection is open

class Talk:
    """A server whose client echoes: when "hello" has come back, everything before it has arrived, and the next three
    records are one message each."""

    def __init__(self) -> None:
        self.is_ready = threading.Event()

    def __call__(self, peer: Peer) -> None:
        peer.upgrade()
        peer.send(encode(TEXT, b"hello", is_masked=False))
        while not peer.frames():
            peer.received += peer.socket.recv(65536)
        self.is_ready.set()
        for text in (b"one", b"two", b"three"):
            peer.send(encode(TEXT, text, is_masked=False))


def after_hello(talk: Talk, change: Callable[[bytes, bytes, Peer], None]) -> Tamper:
    """`change` gets the records of the first two messages to do with as it likes; the rest is passed on."""
    def tamper(records, peer):
        one = next(records)
        while not talk.is_ready.is_set():
            peer.send(one)
            one = next(records)
        change(one, next(records), peer)
        for one in records:
            peer.send(one)
    return tamper


def cut(end: Callable[[Peer], None]) -> Callable[[bytes, bytes, Peer], None]:
    def change(one: bytes, two: bytes, peer: Peer) -> None:
        peer.send(one[:-1])
        end(peer)
        raise ConnectionError("ended")
    return change


DATA_CHANGES: Dict[str, "tuple[Callable[[bytes, bytes, Peer], None], str]"] = {
    "first-byte": (lambda one, two, peer: peer.send(flipped(one, HEADER_BYTES)), DAMAGED),
    "last-byte": (lambda one, two, peer: peer.send(flipped(one, len(one) - 1)), DAMAGED),
    "every-byte": (lambda one, two, peer: peer.send(one[:HEADER_BYTES] + bytes(len(one) - HEADER_BYTES)), DAMAGED),
    "kind": (lambda one, two, peer: peer.send(flipped(one, 0)), DAMAGED),
    "version": (lambda one, two, peer: peer.send(flipped(one, 1)), DAMAGED),
    "shorter": (lambda one, two, peer: peer.send(one[:4] + bytes([one[4] - 1]) + one[5:]), DAMAGED),
    "replayed": (lambda one, two, peer: peer.send(one + one), DAMAGED),
    "missing": (lambda one, two, peer: peer.send(two), DAMAGED),
    "swapped": (lambda one, two, peer: peer.send(two + one), DAMAGED),
    "too-long": (lambda one, two, peer: peer.send(record(APPLICATION, bytes(64), length=0x4900)), DAMAGED),
    "empty": (lambda one, two, peer: peer.send(record(APPLICATION, b"")), DAMAGED),
    "alert-in-clear": (lambda one, two, peer: peer.send(alert(0)), DAMAGED),
    "data-in-clear": (lambda one, two, peer: peer.send(record(APPLICATION, encode(TEXT, b"x" * 40, is_masked=False))),
                      DAMAGED),
    "handshake-in-clear": (lambda one, two, peer: peer.send(record(HANDSHAKE, bytes(4))), DAMAGED),
    "http": (lambda one, two, peer: peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n"), DAMAGED),
    "cut": (cut(Peer.finish), "connection ended inside a TLS record"),
    "reset": (cut(Peer.reset), "connection reset"),
}


@TLS
@pytest.mark.parametrize("change, words", DATA_CHANGES.values(), ids=DATA_CHANGES.keys())
def test_data_that_was_changed_on_the_way_is_not_taken(change, words, version, authorities, trust):
    talk = Talk()
    context = server_context(authorities.server)
    context.minimum_version = context.maximum_version = VERSIONS[version]
    with HostileServer(talk, context) as inner, HostileServer(
            between(inner.port, after_hello(talk, change)), authorities.server, is_bare=True) as server:
        verdict = probe(server.url, *trust, "--echo")
    check_refused(verdict, f"^(TLS: )?{words}", opened=True)
    # The first one of two is what the server has sent.
    good = [b"hello", b"one"] if change is DATA_CHANGES["replayed"][0] else [b"hello"]
    assert verdict.report["messages"] == [text.hex() for text in good], "changed data was believed"


@TLS
def test_a_record_that_never_ends_stalls_no_longer_than_the_time(version, authorities, trust):
    talk = Talk()
    context = server_context(authorities.server)
    context.minimum_version = context.maximum_version = VERSIONS[version]
    with HostileServer(talk, context) as inner, HostileServer(
            between(inner.port, after_hello(talk, cut(lambda peer: None))), authorities.server, is_bare=True) as server:
        verdict = probe(server.url, *trust, "--echo", timeout_seconds=STALL_SECONDS)
    # An echo ends in order when nothing has come for its time.
    assert verdict.report["close_sent"] == 1000 and verdict.report["messages"] == [b"hello".hex()], verdict.report
    assert verdict.report["seconds"] < VISIBLE_SECONDS_MAX
    assert not re.search("TLS", verdict.report["error"] or "")
