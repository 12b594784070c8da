"""The mirror image below WebSocket: what the relay makes of clients whose TLS is wrong."""

import socket
import ssl
from typing import Callable, Dict, List

import pytest
from conftest import TLS_VERSIONS, VERSIONS
from harness import PATIENCE
from harness.hostile import VISIBLE_SECONDS_MAX
from harness.tampering import ALERT, APPLICATION, CHANGE_CIPHER_SPEC, HANDSHAKE, HEADER_BYTES, alert, flipped, record
from harness.watched import GOOD, Watched, request
from test_hostile_clients import finish, reset

pytestmark = pytest.mark.tls
TLS = pytest.mark.parametrize("version", TLS_VERSIONS)
NOT_TLS = r"peer's (record is damaged|handshake message is wrong) or not TLS"


def connect(watched: Watched) -> socket.socket:
    return socket.create_connection(("127.0.0.1", watched.relay.port), PATIENCE)


def check_end(connection: socket.socket, seconds_max: float = VISIBLE_SECONDS_MAX) -> None:
    """The relay ends the connection soon; what it says before that does not matter."""
    connection.settimeout(seconds_max)
    try:
        while connection.recv(65536):
            pass
    except ConnectionResetError:
        pass


# Clients that speak TLS well, but not what the relay does

def context(versions: "tuple[ssl.TLSVersion, ssl.TLSVersion]", suites: str = "ALL") -> ssl.SSLContext:
    result = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    result.check_hostname, result.verify_mode = False, ssl.CERT_NONE
    result.set_ciphers(f"{suites}:@SECLEVEL=0")
    result.minimum_version, result.maximum_version = versions
    return result


OLD, TLS12 = (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1), (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2)
SUITE = "no cipher suite"
OFFERS = {
    "tls-1.0-and-1.1": (OLD, "ALL", "no TLS version in common"), "cbc": (TLS12, "ECDHE-ECDSA-AES256-SHA", SUITE),
    "no-forward-secrecy": (TLS12, "AES128-GCM-SHA256", SUITE), "no-encryption": (TLS12, "NULL", SUITE),
    "finite-field": (TLS12, "DHE-RSA-AES128-GCM-SHA256", SUITE), "no-certificate": (TLS12, "aNULL", SUITE),
}


@pytest.mark.filterwarnings("ignore:.*TLSv1")
@pytest.mark.parametrize("versions, suites, words", OFFERS.values(), ids=OFFERS.keys())
def test_a_client_without_anything_in_common_is_refused(versions, suites, words, watched):
    since = watched.lines()
    with connect(watched) as plain, pytest.raises(ssl.SSLError):
        context(versions, suites).wrap_socket(plain, server_hostname="localhost")
    watched.check_said(words, since)
    watched.check_undisturbed()


# Bytes in place of the client's first flight

FIRST_BYTES: Dict[str, "tuple[bytes, str]"] = {
    # For mbedTLS 2.28 whatever is no ClientHello is a wrong one, an alert as well.
    "alert": (alert(40), f"peer sent TLS alert 40|{NOT_TLS}"),
    "close-notify": (alert(0), f"peer sent TLS alert 0|{NOT_TLS}"),
    "alert-of-one-byte": (record(ALERT, b"\x02"), NOT_TLS),
    "http": (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", NOT_TLS), "ssh": (b"SSH-2.0-OpenSSH_9.2\r\n", NOT_TLS),
    "zeros": (bytes(64), NOT_TLS), "ones": (b"\xff" * 64, NOT_TLS),
    "record-of-no-kind": (record(99, bytes(16)), NOT_TLS), "data": (record(APPLICATION, bytes(16)), NOT_TLS),
    "record-too-long": (record(HANDSHAKE, bytes(16), length=0xFFFF), NOT_TLS),
    "record-empty": (record(HANDSHAKE, b""), NOT_TLS),
    "hello-of-ssl-2": (b"\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10" + bytes(37), NOT_TLS),
    "hello-empty": (record(HANDSHAKE, b"\x01\0\0\0"), NOT_TLS),
    "hello-cut": (record(HANDSHAKE, b"\x01\0\0\x30\x03\x03" + bytes(20)) + record(ALERT, b"\x02\x28"), NOT_TLS),
    "finished": (record(HANDSHAKE, b"\x14\0\0\x0c" + bytes(12)), NOT_TLS),
    "change-cipher-spec": (record(CHANGE_CIPHER_SPEC, b"\x01") + record(99, bytes(16)), NOT_TLS),
}


@pytest.mark.parametrize("data, words", FIRST_BYTES.values(), ids=FIRST_BYTES.keys())
def test_a_wrong_first_flight_is_refused(data, words, watched):
    since = watched.lines()
    with connect(watched) as connection:
        connection.sendall(data)
        check_end(connection)
    watched.check_said(rf"\d: ({words})", since)
    watched.check_undisturbed()


# A client whose records are changed before they leave

class Client:
    """TLS in memory: what it wants to send can be changed first."""

    def __init__(self, watched: Watched, version: str) -> None:
        self.socket = connect(watched)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._session = context((VERSIONS[version], VERSIONS[version])).wrap_bio(
            self._incoming, self._outgoing, server_hostname="localhost")

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_) -> None:
        self.socket.close()

    def records(self) -> List[bytes]:
        """What it wants to send now."""
        data, found = self._outgoing.read(), []
        while data:
            end = HEADER_BYTES + int.from_bytes(data[3:5], "big")
            found.append(data[:end])
            data = data[end:]
        return found

    def shake_hands(self, change: Callable[[int, bytes], bytes] = lambda number, one: one) -> None:
        """`change` gets each record with its number; ends early when the relay ends the connection."""
        number = 0
        while True:
            is_complete = True
            try:
                self._session.do_handshake()
            except ssl.SSLWantReadError:
                is_complete = False
            for one in self.records():
                self.socket.sendall(change(number, one))
                number += 1
            if is_complete:
                return
            data = self.socket.recv(65536)
            if not data:
                raise ConnectionError("ended by the relay")
            self._incoming.write(data)

    def write(self, data: bytes) -> bytes:
        """The one record for these bytes."""
        self._session.write(data)
        (only,) = self.records()
        return only


def at(wanted: int, change: Callable[[bytes], bytes]) -> Callable[[int, bytes], bytes]:
    return lambda number, one: change(one) if number == wanted else one


HANDSHAKE_CHANGES: Dict[str, Callable[[int, bytes], bytes]] = {
    **{f"first-byte-of-{number}": at(number, lambda one: flipped(one, HEADER_BYTES)) for number in range(3)},
    **{f"kind-of-{number}": at(number, lambda one: flipped(one, 0)) for number in range(3)},
    # In both versions Finished is in a record of more than 40 bytes.
    "finished-changed": lambda number, one: flipped(one, len(one) - 1) if number > 0 and len(one) > 40 else one,
    "finished-missing": lambda number, one: b"" if number > 0 and len(one) > 40 else one,
    "hello-twice": at(0, lambda one: one + one),
}


@TLS
@pytest.mark.parametrize("change", HANDSHAKE_CHANGES.values(), ids=HANDSHAKE_CHANGES.keys())
def test_a_handshake_that_was_changed_fails(change, version, watched):
    since = watched.lines()
    with Client(watched, version) as client:
        try:
            client.shake_hands(change)
            client.socket.sendall(client.write(request(GOOD)))
        except (ssl.SSLError, OSError):
            pass
        check_end(client.socket)
    watched.check_said(rf"\d: {NOT_TLS}", since)
    watched.check_undisturbed()


class Cut(Exception):
    """The rest of a handshake does not come."""


def cut_within(client: Client, wanted: int) -> None:
    """Half of this record of the client's, and nothing more."""
    def change(number, one):
        if number < wanted:
            return one
        client.socket.sendall(one[:HEADER_BYTES + (len(one) - HEADER_BYTES) // 2])
        raise Cut

    with pytest.raises(Cut):
        client.shake_hands(change)


@TLS
@pytest.mark.parametrize("number", range(3))
@pytest.mark.parametrize("end, words", [(finish, "closed the connection during the TLS handshake"),
                                        (reset, "connection reset")], ids=["fin", "rst"])
def test_a_handshake_that_is_cut_says_so(number, end, words, version, watched):
    since = watched.lines()
    with Client(watched, version) as client:
        cut_within(client, number)
        end(client)
        watched.check_said(words, since)
    watched.check_undisturbed()


@pytest.mark.seconds_max(60)
@TLS
def test_handshakes_that_stall_are_cut_off_in_time(version, watched):
    since = watched.lines()
    with Client(watched, version) as first, Client(watched, version) as second, Client(watched, version) as third:
        for number, client in enumerate((first, second, third)):
            cut_within(client, number)
        for client in (first, second, third):
            check_end(client.socket, 10 + VISIBLE_SECONDS_MAX)
    for _ in range(3):
        since = watched.check_said("no TLS handshake within 10000 ms", since)
    watched.check_undisturbed()


DAMAGED = r"\d: peer's record is damaged or not TLS"
DATA_CHANGES: Dict[str, "tuple[Callable[[bytes, bytes], bytes], str]"] = {
    "first-byte": (lambda one, two: flipped(one, HEADER_BYTES), DAMAGED),
    "last-byte": (lambda one, two: flipped(one, len(one) - 1), DAMAGED),
    "shorter": (lambda one, two: one[:4] + bytes([one[4] - 1]) + one[5:], DAMAGED),
    "replayed": (lambda one, two: one + one, DAMAGED),
    "missing": (lambda one, two: two, DAMAGED),
    "swapped": (lambda one, two: two + one, DAMAGED),
    "too-long": (lambda one, two: record(APPLICATION, bytes(64), length=0x4900), DAMAGED),
    "data-in-clear": (lambda one, two: record(APPLICATION, request(GOOD)), DAMAGED),
    "alert-in-clear": (lambda one, two: alert(0), DAMAGED),
    "http": (lambda one, two: b"GET / HTTP/1.1\r\n\r\n", DAMAGED),
}


@TLS
@pytest.mark.parametrize("change, words", DATA_CHANGES.values(), ids=DATA_CHANGES.keys())
def test_data_that_was_changed_is_not_taken(change, words, version, watched):
    since = watched.lines()
    with Client(watched, version) as client:
        client.shake_hands()
        client.socket.sendall(change(client.write(request(GOOD)[:20]), client.write(request(GOOD)[20:])))
        check_end(client.socket)
    watched.check_said(words, since)
    watched.check_undisturbed()


@TLS
@pytest.mark.parametrize("is_reset", [False, True], ids=["fin", "rst"])
def test_a_record_that_is_cut_says_so(is_reset, version, watched):
    since = watched.lines()
    with Client(watched, version) as client:
        client.shake_hands()
        client.socket.sendall(client.write(request(GOOD))[:-1])
        if is_reset:
            reset(client)
        else:
            finish(client)
            check_end(client.socket)
        watched.check_said("connection reset" if is_reset else "connection ended inside a TLS record", since)
    watched.check_undisturbed()
