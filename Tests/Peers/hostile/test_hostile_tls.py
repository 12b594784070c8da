"""What a client makes of wrong TLS: versions, suites, alerts, and records cut, changed, repeated or missing."""

import re
import ssl
import threading
from typing import Callable, Dict, NamedTuple

import pytest
from conftest import HAS_TLS13, VERSIONS
from harness.hostile import VISIBLE_SECONDS_MAX, HostileServer, Peer, check_refused, probe, server_context
from harness.tampering import (ALERT, APPLICATION, CHANGE_CIPHER_SPEC, HANDSHAKE, HEADER_BYTES, Tamper, alert, between,
                               flipped, record)
from harness.wire import TEXT, encode

pytestmark = pytest.mark.tls
TLS = pytest.mark.parametrize("version", ["TLSv1.2"] + (["TLSv1.3"] if HAS_TLS13 else []))
STALL_SECONDS = 0.5


# Servers that speak TLS well, but not what this client does

class Offer(NamedTuple):
    """What a server is limited to."""
    words: str
    oldest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2
    newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2
    suites: str = "ALL"
    curve: str = ""
    is_rsa: bool = False


VERSION = "no TLS version in common|protocol_version"
SUITE = "handshake_failure: no cipher suite in common|no cipher suite, group or signature algorithm in common"
OFFERS = {
    # Before TLS 1.3 a client cannot say which versions it no longer speaks, and such a server finds no suite.
    "tls-1.0": Offer(f"{VERSION}|{SUITE}", ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1),
    "tls-1.1": Offer(f"{VERSION}|{SUITE}", ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_1),
    "tls-1.0-and-1.1": Offer(f"{VERSION}|{SUITE}", ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1),
    **({} if HAS_TLS13 else {"tls-1.3": Offer(VERSION, ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_3)}),
    "cbc": Offer(SUITE, suites="ECDHE-ECDSA-AES256-SHA"),
    "cbc-sha-384": Offer(SUITE, suites="ECDHE-ECDSA-AES256-SHA384"),
    "no-forward-secrecy": Offer(SUITE, suites="AES128-GCM-SHA256", is_rsa=True),
    "finite-field": Offer(SUITE, suites="DHE-RSA-AES128-GCM-SHA256", is_rsa=True),
    "ccm": Offer(SUITE, suites="ECDHE-ECDSA-AES128-CCM"),
    "no-encryption": Offer(SUITE, suites="ECDHE-ECDSA-NULL-SHA"),
    "no-certificate": Offer(SUITE, suites="AECDH-AES256-SHA"),
    "rsa-suite-and-ecdsa-key": Offer(SUITE, suites="ECDHE-RSA-AES128-GCM-SHA256"),
    "p-224": Offer(SUITE, curve="secp224r1"),
}


@pytest.mark.filterwarnings("ignore:.*TLSv1")
@pytest.mark.parametrize("offer", OFFERS.values(), ids=OFFERS.keys())
def test_a_server_without_anything_in_common_is_refused(offer, authorities, trust):
    context = server_context()
    context.set_ciphers(f"{offer.suites}:@SECLEVEL=0")
    context.minimum_version, context.maximum_version = offer.oldest, offer.newest
    if offer.curve:
        context.set_ecdh_curve(offer.curve)
    shown = authorities.server_rsa if offer.is_rsa else authorities.server
    context.load_cert_chain(shown.certificate, shown.key)
    with HostileServer(lambda peer: None, context) as server:
        check_refused(probe(server.url, *trust), f"^TLS: .*({offer.words})")


# Bytes in place of the server's first flight

def server_hello(*, version: bytes = b"\x03\x03", suite: bytes = b"\xc0\x2b", compression: int = 0) -> bytes:
    body = version + bytes(32) + b"\x00" + suite + bytes([compression])
    return record(HANDSHAKE, message(2, body))


def message(kind: int, body: bytes, *, length: int = -1) -> bytes:
    return bytes([kind]) + (len(body) if length < 0 else length).to_bytes(3, "big") + body


ALERTS = {0: "closed the connection|close_notify", 10: "unexpected_message", 40: "handshake_failure", 47: "illegal_par",
          49: "access_denied", 70: VERSION, 71: "insufficient_security", 80: "internal_error", 86: "inappropriate_fall",
          112: "unrecognized_name: it does not serve this name", 116: "certificate_required", 120: "ALPN|protocol",
          255: "alert 255"}
NOT_TLS = "peer's (record|handshake message) is (damaged|wrong) or not TLS|no TLS version in common"
# More than any handshake message that this client has room for.
ZEROS = record(HANDSHAKE, bytes(4096)) * 8
FIRST_BYTES: Dict[str, "tuple[bytes, str]"] = {
    **{f"alert-{number}": (alert(number), words) for number, words in ALERTS.items()},
    "alert-of-one-byte": (record(21, b"\x02"), "."),
    "http": (b"HTTP/1.1 400 Bad Request\r\n\r\n", NOT_TLS),
    "ssh": (b"SSH-2.0-OpenSSH_9.2\r\n", NOT_TLS),
    "zeros": (bytes(64), NOT_TLS),
    "ones": (b"\xff" * 64, NOT_TLS),
    "record-of-no-kind": (record(99, bytes(16)), NOT_TLS),
    "record-of-ssl-2": (record(HANDSHAKE, bytes(16), version=b"\x02\x00"), NOT_TLS),
    "record-too-long": (record(HANDSHAKE, bytes(16), length=0xFFFF), NOT_TLS),
    "record-empty": (record(HANDSHAKE, b""), NOT_TLS),
    "data": (record(APPLICATION, bytes(16)), NOT_TLS),
    "finished": (record(HANDSHAKE, message(20, bytes(12))), NOT_TLS),
    "client-hello": (record(HANDSHAKE, message(1, bytes(38))), NOT_TLS),
    # mbedTLS 3.6 puts messages together from records, and notices when its memory is full.
    "message-of-16-mib": (record(HANDSHAKE, message(2, bytes(64), length=0xFFFFFF)) + ZEROS, NOT_TLS),
    "server-hello-of-ssl-3": (server_hello(version=b"\x03\x00"), f"{NOT_TLS}|{VERSION}"),
    "server-hello-of-tls-1.1": (server_hello(version=b"\x03\x02"), f"{NOT_TLS}|{VERSION}"),
    "server-hello-of-the-future": (server_hello(version=b"\x03\x05"), f"{NOT_TLS}|{VERSION}"),
    "suite-not-offered": (server_hello(suite=b"\x00\x2f"), NOT_TLS),
    "suite-unknown": (server_hello(suite=b"\xfa\xfa"), NOT_TLS),
    "compression": (server_hello(compression=1), NOT_TLS),
    "certificate-of-16-mib": (server_hello() + record(HANDSHAKE, message(11, bytes(64), length=0xFFFFFF)) + ZEROS,
                              f"{NOT_TLS}|certificate cannot be read"),
    "certificate-empty": (server_hello() + record(HANDSHAKE, message(11, b"\0\0\0")),
                          f"{NOT_TLS}|certificate cannot be read"),
    "certificate-unreadable": (server_hello() + record(HANDSHAKE, message(11, b"\0\0\x07\0\0\x04abcd")),
                               f"{NOT_TLS}|certificate cannot be read"),
    "certificate-missing": (server_hello() + record(HANDSHAKE, message(14, b"")),
                            f"{NOT_TLS}|certificate cannot be read"),
    "change-cipher-spec-too-soon": (server_hello() + record(CHANGE_CIPHER_SPEC, b"\x01") + record(HANDSHAKE, bytes(40)),
                                    NOT_TLS),
}


def say(data: bytes) -> Callable[[Peer], None]:
    """To the first record of the client."""
    def script(peer: Peer) -> None:
        peer.socket.recv(65536)
        peer.send(data)
    return script


@pytest.mark.parametrize("data, words", FIRST_BYTES.values(), ids=FIRST_BYTES.keys())
def test_a_wrong_first_flight_is_refused(data, words, authorities, trust):
    with HostileServer(say(data), authorities.server, is_bare=True) as server:
        check_refused(probe(server.url, *trust), f"^TLS: .*({words})")


ENDLESS = {
    "warnings": alert(90, is_fatal=False) * 500, "hello-requests": record(HANDSHAKE, message(0, b"")) * 500,
    "change-cipher-specs": record(CHANGE_CIPHER_SPEC, b"\x01") * 500, "empty-records": record(HANDSHAKE, b"") * 500,
    "empty-data": record(APPLICATION, b"") * 500,
    # mbedTLS passes over an alert that is neither a warning nor fatal, as it does over warnings.
    "alerts-of-no-level": record(ALERT, b"\x03\x28") * 500,
}


@pytest.mark.parametrize("data", ENDLESS.values(), ids=ENDLESS.keys())
def test_what_is_said_without_end_before_a_session_ends_in_bounded_time(data, authorities, trust):
    def script(peer):
        peer.socket.recv(65536)
        peer.send_forever(data)

    with HostileServer(script, authorities.server, is_bare=True) as server:
        verdict = probe(server.url, *trust, timeout_seconds=1)
    check_refused(verdict, f"^TLS: ({NOT_TLS}|handshake not complete within 1s)")
    assert verdict.report["seconds"] < VISIBLE_SECONDS_MAX


# Somebody between client and server: during the handshake

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


@pytest.fixture
def good_server(authorities, version):
    context = server_context(authorities.server)
    context.minimum_version = context.maximum_version = VERSIONS[version]
    with HostileServer(lambda peer: peer.upgrade(), context) as server:
        yield server


@TLS
@pytest.mark.parametrize("tamper", HANDSHAKE_CHANGES.values(), ids=HANDSHAKE_CHANGES.keys())
def test_a_handshake_that_was_changed_on_the_way_fails(tamper, version, good_server, authorities, trust):
    with HostileServer(between(good_server.port, tamper(version)), authorities.server, is_bare=True) as server:
        check_refused(probe(server.url, *trust), "^TLS: (peer's|peer sent|certificate|no |TLS)")


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
    check_refused(verdict, "^TLS: handshake not complete within 500ms")


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


DAMAGED = "^TLS: peer's record is damaged or not TLS"
DATA_CHANGES: Dict[str, "tuple[Callable[[bytes, bytes, Peer], None], str]"] = {
    "first-byte": (lambda one, two, peer: peer.send(flipped(one, HEADER_BYTES)), DAMAGED),
    "last-byte": (lambda one, two, peer: peer.send(flipped(one, len(one) - 1)), DAMAGED),
    "every-byte": (lambda one, two, peer: peer.send(one[:HEADER_BYTES] + bytes(len(one) - HEADER_BYTES)), DAMAGED),
    "kind": (lambda one, two, peer: peer.send(flipped(one, 0)), "^TLS: "),
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
    "handshake-in-clear": (lambda one, two, peer: peer.send(record(HANDSHAKE, message(0, b""))), "^TLS: "),
    "http": (lambda one, two, peer: peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n"), DAMAGED),
    "cut": (cut(Peer.finish), "^TLS: connection ended inside a TLS record"),
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
    check_refused(verdict, words, opened=True)
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
