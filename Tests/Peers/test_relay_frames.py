"""The relay on the level of frames: liveness, control frames, protocol errors."""

import socket
import ssl

import pytest
from harness import wire
from harness.program import Stopwatch
from harness.protocol import join_header
from harness.wire import BINARY, CLOSE, EMPTY_CLOSE, PING, PONG, TEXT, confirmed

INTERVAL = 1


def test_pings_are_empty_and_come_at_the_interval(relay):
    watch = Stopwatch()
    with relay.raw() as client:
        client.join("alice")
        frames = []
        while len(frames) < 6:
            frame = client.read()
            if frame.opcode == PING:
                frames.append(frame)
                client.send(PONG, frame.payload)
        assert all(frame.payload == b"" and not frame.is_masked for frame in frames)
    assert 5 * INTERVAL < watch.seconds() < 12 * INTERVAL


def test_a_member_that_sends_nothing_is_closed_after_four_intervals(relay):
    watch = Stopwatch()
    with relay.raw() as client:
        client.join("alice")
        frames = []
        while not frames or frames[-1].opcode != CLOSE:
            frames.append(client.read())
        assert sum(frame.opcode == PING for frame in frames) == 3
        assert frames[-1] == EMPTY_CLOSE
    assert 3.5 * INTERVAL < watch.seconds() < 8 * INTERVAL


def test_one_that_never_joins_gets_three_pings_and_a_close(relay):
    with relay.raw() as client:
        assert [client.read().opcode for _ in range(4)] == [PING, PING, PING, CLOSE]


def test_the_identity_of_a_silent_member_is_free_after_it_was_pinged_out(relay):
    with relay.raw() as ghost:
        ghost.join("alice")
        while ghost.read().opcode != CLOSE:
            pass
        with relay.raw() as again:
            confirmed(again, "alice")


def test_any_frame_keeps_a_member_alive(relay):
    with relay.raw() as client:
        client.join("alice")
        for _ in range(8):
            while client.read().opcode != PING:
                pass
            client.send(TEXT, b"still here")


def test_a_clients_ping_is_answered_relayed_and_kept_in_history(relay):
    def control(client, opcode):
        while (frame := client.read()).opcode != opcode or (opcode == PING and not frame.payload):
            assert frame.opcode in (TEXT, PING)
        return frame

    with relay.raw() as alice, relay.raw() as bob:
        confirmed(bob, "bob")
        confirmed(alice, "alice")
        alice.send(PING, b"payload")
        assert control(alice, PONG).payload == b"payload"
        assert control(bob, PING).payload == b"payload"
        with relay.raw() as late:
            late.join("late")
            assert [late.read().opcode for _ in range(2)] == [TEXT, TEXT]
            assert control(late, PING).payload == b"payload"


def test_an_unsolicited_pong_is_swallowed(relay):
    with relay.raw() as alice, relay.raw() as bob:
        confirmed(bob, "bob")
        alice.join("alice")
        alice.send(PONG, b"nobody asked")
        alice.send(TEXT, b"after")
        while (frame := bob.read()).opcode == PING:
            assert frame.payload == b""
            bob.send(PONG)
        assert frame.payload == b"after"


def test_a_clients_close_is_not_answered(relay):
    with relay.raw() as client:
        confirmed(client, "alice")
        client.send(CLOSE, b"\x03\xe8bye")
        client.read_end()


def test_header_and_messages_in_one_write_work(relay):
    with relay.raw() as bob, relay.raw() as alice:
        confirmed(bob, "bob")
        alice.send_bytes(wire.encode(TEXT, join_header("alice").encode()) + wire.encode(TEXT, b"one")
                         + wire.encode(BINARY, b"two"))
        assert [frame.payload for frame in bob.messages(2)] == [b"one", b"two"]


def test_a_second_header_is_a_message(relay):
    with relay.raw() as bob, relay.raw() as alice:
        confirmed(bob, "bob")
        alice.join("alice")
        alice.join("mallory", "other")
        assert bob.messages(1)[0].payload == join_header("mallory", "other").encode()


def test_a_fragmented_message_arrives_as_one_frame_with_control_frames_between(relay):
    with relay.raw() as bob, relay.raw() as alice:
        confirmed(bob, "bob")
        alice.join("alice")
        alice.send(TEXT, b"in ", is_final=False)
        alice.send(PONG)
        alice.send(0, b"three ", is_final=False)
        alice.send(0, b"pieces")
        assert bob.messages(1) == [wire.Frame(TEXT, b"in three pieces")]


PROTOCOL_ERRORS = {
    "unmasked": wire.encode(TEXT, b"x", is_masked=False),
    "reserved-bit": b"\xc1\x80\x00\x00\x00\x00",
    "reserved-opcode": b"\x83\x80\x00\x00\x00\x00",
    "long-ping": wire.encode(PING, bytes(126)),
    "fragmented-ping": wire.encode(PING, b"", is_final=False),
    "lone-continuation": wire.encode(0, b"x"),
    "interleaved": wire.encode(TEXT, b"x", is_final=False) + wire.encode(TEXT, b"y"),
    "bad-utf8": wire.encode(TEXT, b"\xc0\xaf"),
    "above-16-mib": b"\x82\xff" + (16 * 1024 * 1024 + 1).to_bytes(8, "big") + b"\x00\x00\x00\x00",
    "above-63-bits": b"\x82\xff" + b"\xff" * 8 + b"\x00\x00\x00\x00",
}


@pytest.mark.parametrize("data", PROTOCOL_ERRORS.values(), ids=PROTOCOL_ERRORS.keys())
def test_a_protocol_error_gets_an_empty_close_and_fin(relay, data):
    with relay.raw() as client:
        confirmed(client, "alice")
        client.send_bytes(data)
        while (frame := client.read()).opcode == PING:
            pass
        assert frame == EMPTY_CLOSE
        client.read_end()


def test_a_frame_of_16_mib_is_relayed(start_relay):
    relay = start_relay("--queue-limit", "64M")
    payload = bytes(1024) * 16 * 1024
    with relay.raw() as bob, relay.raw() as alice:
        bob.join("bob")
        alice.join("alice")
        alice.send(BINARY, payload)
        while (frame := bob.messages(1)[0]).opcode != BINARY:
            pass
        assert frame.payload == payload


@pytest.mark.tls
def test_alpn_h2_alone_is_refused_and_http_1_1_taken(relay):
    def negotiated(*names):
        context = ssl.create_default_context(cafile=relay.authority)
        context.set_alpn_protocols(list(names))
        with socket.create_connection(("127.0.0.1", relay.port), 10) as plain:
            with context.wrap_socket(plain, server_hostname="localhost") as secured:
                return secured.selected_alpn_protocol()

    assert negotiated("http/1.1") == "http/1.1"
    assert negotiated("h2", "http/1.1") == "http/1.1"
    with pytest.raises(ssl.SSLError):
        negotiated("h2")


@pytest.mark.tls
def test_plain_http_on_the_tls_port_harms_nobody(relay):
    with socket.create_connection(("127.0.0.1", relay.port), 10) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\n\r\n")
        plain.settimeout(10)
        while plain.recv(4096):
            pass
    with relay.raw() as client:
        assert client.status == 101
