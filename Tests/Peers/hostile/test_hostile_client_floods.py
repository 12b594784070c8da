"""The mirror image of what has no end: the relay bears it from a client, and grows no larger; stalls in a message."""

import select
import socket
from typing import Dict

import pytest
from conftest import HAS_TLS13
from harness import PATIENCE
from harness.hostile import VISIBLE_SECONDS_MAX
from harness.memory import GROWTH_MIB_MAX
from harness.program import Stopwatch, memory_mib
from harness.tampering import ALERT, APPLICATION, CHANGE_CIPHER_SPEC, HANDSHAKE, alert, record
from harness.wire import EMPTY_CLOSE, PING, PONG, TEXT, RawClient, encode
from test_hostile_clients import mirrored
from test_hostile_floods import ALL
from test_hostile_tls_clients import NOT_TLS, connect

# A message is kept whole, up to 64 MiB: test_fragments_without_end_stop_at_64_mib is about that.
FLOODS = {name: flood for name, flood in ALL.items() if name != "one-message"}


def take_pongs(client: RawClient, count: int) -> None:
    """The relay's own Pings are answered on the way."""
    while count > 0:
        frame = client.read(PATIENCE)
        count -= frame.opcode == PONG
        if frame.opcode == PING:
            client.send(PONG, frame.payload)


@pytest.mark.parametrize("name", FLOODS)
def test_the_relay_bears_it_from_a_member(name, watched):
    flood, mib = FLOODS[name], []
    with watched.relay.raw() as client:
        client.join("mallory", f"flooded with {name}").send_bytes(mirrored(flood.start))
        again = mirrored(flood.again)
        for number in range(flood.rounds):
            client.send_bytes(again)
            take_pongs(client, flood.pongs)
            if number in (flood.rounds // 4, flood.rounds - 1):
                # This Ping's answer comes behind everything before it.
                client.send(PING, b"read?")
                take_pongs(client, 1)
                mib.append(memory_mib(watched.relay.process.pid))
    assert mib[1] - mib[0] < GROWTH_MIB_MAX, f"{mib} MiB"
    watched.check_undisturbed()


@pytest.mark.parametrize("data", [encode(TEXT, b"a" * 100)[:50], encode(TEXT, b"a", is_final=False)],
                         ids=["in-a-frame", "in-a-message"])
def test_a_member_that_stalls_within_a_message_is_pinged_out(data, relay):
    with relay.raw() as client:
        client.join("mallory").send_bytes(data)
        assert [client.read() for _ in range(4)][3] == EMPTY_CLOSE


NO_HANDSHAKE = "no TLS handshake within 10000 ms"
PASSED_OVER = NO_HANDSHAKE if HAS_TLS13 else NOT_TLS
ENDLESS: Dict[str, "tuple[bytes, str]"] = {
    "hellos": (record(HANDSHAKE, b"\x01\0\0\0"), NOT_TLS), "empty-records": (record(HANDSHAKE, b""), NOT_TLS),
    "empty-data": (record(APPLICATION, b""), NOT_TLS),
    # mbedTLS 3.6 passes over these before a ClientHello as well; then the time is the limit.
    "change-cipher-specs": (record(CHANGE_CIPHER_SPEC, b"\x01"), PASSED_OVER),
    "warnings": (alert(90, is_fatal=False), PASSED_OVER),
    "alerts-of-no-level": (record(ALERT, b"\x03\x28"), PASSED_OVER),
}


def say_until_it_ends(connection: socket.socket, data: bytes) -> None:
    """A hundred times, then again whenever the relay has said nothing for a while."""
    try:
        while not select.select([connection], [], [], 0.02)[0]:
            connection.sendall(data * 100)
        while connection.recv(65536):
            pass
    except OSError:
        pass


@pytest.mark.tls
@pytest.mark.parametrize("data, words", ENDLESS.values(), ids=ENDLESS.keys())
def test_what_is_said_without_end_before_a_session_ends_in_bounded_time_and_memory(data, words, watched):
    since, watch, before = watched.lines(), Stopwatch(), memory_mib(watched.relay.process.pid)
    with connect(watched) as connection:
        say_until_it_ends(connection, data)
    watched.check_said(rf"\d: {words}", since)
    assert watch.seconds() < (20 if words == NO_HANDSHAKE else VISIBLE_SECONDS_MAX)
    assert memory_mib(watched.relay.process.pid) - before < GROWTH_MIB_MAX
    watched.check_undisturbed()
