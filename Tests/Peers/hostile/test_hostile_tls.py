"""What clients, `probe` and the node, make of servers whose TLS is wrong: versions, suites, alerts, and whatever comes
in place of TLS."""

import json
import ssl
from typing import Callable, Dict, NamedTuple

import pytest
from conftest import HAS_TLS13, VERSIONS
from harness import program
from harness.hostile import (TIMEOUT_SECONDS, VISIBLE_SECONDS_MAX, HostileServer, Peer, Verdict, check_refused, probe,
                             server_context)
from harness.memory import Growth
from harness.tampering import ALERT, APPLICATION, CHANGE_CIPHER_SPEC, HANDSHAKE, alert, record

pytestmark = pytest.mark.tls


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
def test_a_server_without_anything_in_common_is_refused(offer, authorities, trust, node):
    context = server_context()
    context.set_ciphers(f"{offer.suites}:@SECLEVEL=0")
    context.minimum_version, context.maximum_version = offer.oldest, offer.newest
    if offer.curve:
        context.set_ecdh_curve(offer.curve)
    shown = authorities.server_rsa if offer.is_rsa else authorities.server
    context.load_cert_chain(shown.certificate, shown.key)
    with HostileServer(lambda peer: None, context) as server:
        check_refused(probe(server.url, *trust), f"^TLS: .*({offer.words})")
        with node(server) as run:
            run.err.wait_for(f"(warning|error): .*({offer.words})", VISIBLE_SECONDS_MAX)


@pytest.mark.parametrize("version, words", [
    ("TLSv1.2", "handshake_failure"), *([("TLSv1.3", "certificate_required")] if HAS_TLS13 else [])])
def test_a_server_that_wants_to_know_its_clients_says_so(version, words, authorities, trust, node):
    """In TLS 1.3 the alert is encrypted, and comes when the session is open for the client already."""
    context = server_context(authorities.server)
    context.minimum_version = context.maximum_version = VERSIONS[version]
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(authorities.trusted.certificate)
    with HostileServer(lambda peer: None, context) as server:
        check_refused(probe(server.url, *trust), f"^TLS: .*{words}")
        with node(server) as run:
            run.err.wait_for(f"(warning|error): .*{words}", VISIBLE_SECONDS_MAX)


# Bytes in place of the server's first flight

def server_hello(*, version: bytes = b"\x03\x03", suite: bytes = b"\xc0\x2b", compression: int = 0) -> bytes:
    body = version + bytes(32) + b"\x00" + suite + bytes([compression])
    return record(HANDSHAKE, message(2, body))


def message(kind: int, body: bytes, *, length: int = -1) -> bytes:
    return bytes([kind]) + (len(body) if length < 0 else length).to_bytes(3, "big") + body


ALERTS = {0: "close_notify", 10: "unexpected_message", 40: "handshake_failure", 47: "illegal_par",
          49: "access_denied", 70: VERSION, 71: "insufficient_security", 80: "internal_error", 86: "inappropriate_fall",
          112: "unrecognized_name: it does not serve this name", 116: "certificate_required", 120: "ALPN",
          255: "alert 255"}
NOT_TLS = "peer's (record|handshake message) is (damaged|wrong) or not TLS|no TLS version in common"
# More than any handshake message that this client has room for.
ZEROS = record(HANDSHAKE, bytes(4096)) * 8
FIRST_BYTES: Dict[str, "tuple[bytes, str]"] = {
    **{f"alert-{number}": (alert(number), words) for number, words in ALERTS.items()},
    "alert-of-one-byte": (record(ALERT, b"\x02"), NOT_TLS),
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
def test_a_wrong_first_flight_is_refused(data, words, authorities, trust, node):
    with HostileServer(say(data), authorities.server, is_bare=True) as server:
        check_refused(probe(server.url, *trust), f"^TLS: .*({words})")
        with node(server) as run:
            run.err.wait_for(f"(warning|error): .*({words})", VISIBLE_SECONDS_MAX)


BY_TIME = "handshake not complete within 1s"
ENDLESS: Dict[str, "tuple[bytes, str]"] = {
    "hello-requests": (record(HANDSHAKE, message(0, b"")) * 500, NOT_TLS),
    "empty-records": (record(HANDSHAKE, b"") * 500, NOT_TLS), "empty-data": (record(APPLICATION, b"") * 500, NOT_TLS),
    # mbedTLS passes over these, the first in TLS 1.3 only (as RFC 8446, section 5, has it); then the time is the limit.
    "change-cipher-specs": (record(CHANGE_CIPHER_SPEC, b"\x01") * 500, BY_TIME if HAS_TLS13 else NOT_TLS),
    "warnings": (alert(90, is_fatal=False) * 500, BY_TIME),
    "alerts-of-no-level": (record(ALERT, b"\x03\x28") * 500, BY_TIME),
}


@pytest.mark.parametrize("data, words", ENDLESS.values(), ids=ENDLESS.keys())
def test_what_is_said_without_end_before_a_session_ends_in_bounded_time_and_memory(data, words, authorities, trust):
    growth = Growth()

    def script(peer):
        peer.socket.recv(65536)
        growth.look()
        while True:
            peer.send(data)
            growth.look()

    timeout = "1s" if words == BY_TIME else f"{TIMEOUT_SECONDS}s"
    with HostileServer(script, authorities.server, is_bare=True) as server, program.mles_sim(
            "probe", server.url, *trust, "--timeout", timeout, "--json") as client:
        growth.start(client)
        assert client.wait() == 1
    check_refused(Verdict(1, json.loads("\n".join(client.out.lines))), f"^TLS: ({words})")
    if words == BY_TIME:
        growth.check()
