"""The mirror image: what the relay, as a server, makes of wrong frames, and of clients that end or stall anywhere."""

import socket
import struct
from typing import Callable, Dict, NamedTuple

import pytest
from harness import PATIENCE, wire
from harness.hostile import VISIBLE_SECONDS_MAX
from harness.program import Stopwatch, memory_mib
from harness.watched import GOOD, Watched, in_bytes, request
from harness.wire import BINARY, CLOSE, EMPTY_CLOSE, PING, PONG, TEXT, encode
from test_hostile_frames import REFUSED as WRONG_FRAMES

# Frames

def mirrored(data: bytes) -> bytes:
    """Frames of a server as a client sends them: with the mask bit and a key of zeros, whole or as far as they go."""
    result = b""
    while data:
        size = {126: 4, 127: 10}.get(data[1] & 0x7F, 2) if len(data) > 1 else 2
        header, data = data[:size], data[size:]
        result += header[:1] + (bytes([header[1] | 0x80]) + header[2:] if len(header) > 1 else b"")
        if len(header) < size:
            break
        length = header[1] & 0x7F if size == 2 else int.from_bytes(header[2:], "big")
        result += bytes(4) + data[:length]
        data = data[length:]
    return result


class Wrong(NamedTuple):
    """Bytes behind the join header, the words for them, and the good messages that are in them."""
    data: bytes
    words: str
    relayed: "tuple[bytes, ...]" = ()


FRAMES: Dict[str, Wrong] = {
    **{name: Wrong(mirrored(row.data), row.words, (b"ab",) if name == "continuation-after-the-end" else ())
       for name, row in WRONG_FRAMES.items() if not name.startswith("masked")},
    "unmasked": Wrong(b"\x81\x05", "unmasked frame from a client"),
    "unmasked-ping": Wrong(b"\x89\x00", "unmasked frame from a client"),
    "unmasked-close": Wrong(b"\x88\x02", "unmasked frame from a client"),
    "above-16-mib": Wrong(b"\x82\xff" + (16 * 1024 * 1024 + 1).to_bytes(8, "big") + bytes(4),
                          "expected frames of at most 16777216 bytes, got 16777217"),
    "by-63-bits": Wrong(b"\x82\xff\x7f" + b"\xff" * 7 + bytes(4), "expected frames of at most 16777216 bytes"),
}


def check_ended(row: Wrong, watched: Watched, *, is_bytewise: bool = False) -> None:
    since = watched.lines()
    with watched.relay.raw() as client:
        client.join("mallory")
        for piece in in_bytes(row.data) if is_bytewise else [row.data]:
            client.send_bytes(piece)
        frame = client.read(VISIBLE_SECONDS_MAX)
        # Between two bytes the relay has the time to answer a good Ping before the wrong frame.
        while is_bytewise and frame.opcode == PONG:
            frame = client.read(VISIBLE_SECONDS_MAX)
        assert frame == EMPTY_CLOSE
        client.read_end(VISIBLE_SECONDS_MAX)
    watched.check_said(f"protocol error: .*{row.words}", since)
    watched.check_undisturbed(*row.relayed)


@pytest.mark.parametrize("row", FRAMES.values(), ids=FRAMES.keys())
def test_a_wrong_frame_ends_the_connection(row, watched):
    """An empty Close, FIN, and the cause in the log: as soon as it can be seen, and without a word to the others."""
    check_ended(row, watched)


@pytest.mark.parametrize("name", ["unmasked", "length-65535-in-8-bytes", "text-in-binary-behind-a-ping",
                                  "close-code-999", "utf8-fourth-of-four-in-a-fragment", "utf8-ends-at-7-in-fragments"])
def test_the_pieces_in_which_it_comes_do_not_matter(name, watched):
    check_ended(FRAMES[name], watched, is_bytewise=True)


def test_what_comes_after_a_close_is_not_relayed(watched):
    with watched.relay.raw() as client:
        client.join("mallory")
        client.send_bytes(encode(CLOSE, b"\x03\xe8") + encode(TEXT, b"after") + b"\xff" * 100)
        client.read_end(VISIBLE_SECONDS_MAX)
    watched.check_undisturbed()


def test_fragments_without_end_stop_at_64_mib(watched):
    since = watched.lines()
    with watched.relay.raw() as client:
        client.join("mallory")
        client.send(BINARY, bytes(16 << 20), is_final=False)
        for _ in range(3):
            client.send(0, bytes(16 << 20), is_final=False)
        client.send(0, b"x", is_final=False)
        assert client.messages(1, VISIBLE_SECONDS_MAX) == [EMPTY_CLOSE]
    watched.check_said("expected messages of at most 67108864 bytes", since)
    watched.check_undisturbed()


# Ends and stalls

def reset(client: wire.RawClient) -> None:
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.socket.close()


def finish(client: wire.RawClient) -> None:
    client.socket.shutdown(socket.SHUT_WR)


STAGES: Dict[str, Callable[[wire.RawClient], None]] = {
    "before-the-request": lambda client: None,
    "in-the-request": lambda client: client.send_bytes(request(GOOD)[:50]),
    "after-the-upgrade": lambda client: client.send_bytes(request(GOOD)),
    "in-a-frame": lambda client: client.send_bytes(request(GOOD) + b"\x81\xff\x00"),
    "in-a-message": lambda client: client.send_bytes(request(GOOD) + encode(TEXT, b"a", is_final=False)),
    "after-a-ping": lambda client: client.send_bytes(request(GOOD) + encode(PING)),
}


@pytest.mark.parametrize("go", STAGES.values(), ids=STAGES.keys())
@pytest.mark.parametrize("end", [finish, reset], ids=["fin", "rst"])
def test_a_client_that_ends_anywhere_is_gone_at_once(go, end, watched):
    since = watched.lines()
    client = watched.client()
    with client:
        go(client)
        end(client)
        # A Ping in place of the join header may have been refused before.
        watched.check_said("ended by the client|connection reset|join header refused", since)
    watched.check_undisturbed()


@pytest.mark.seconds_max(60)
def test_clients_that_stall_are_cut_off_in_time(watched):
    """All at once: before TLS, within its first record, before the request, within it, and one that drips."""
    plain = [socket.create_connection(("127.0.0.1", watched.relay.port), PATIENCE) for _ in range(2)]
    plain[1].sendall(b"\x16\x03\x01\x02\x00\x01")
    secured = [watched.client() for _ in range(3)]
    secured[1].send_bytes(b"GET / HT")
    watch = Stopwatch()
    since = watched.lines()
    drip(secured[2], watch)
    for one in plain:
        assert one.recv(1) == b""
        one.close()
    for client in secured[:2]:
        client.read_end()
    assert 8 < watch.seconds() < 20
    for words in ("no TLS handshake within 10000 ms", "no HTTP request within 10000 ms"):
        watched.check_said(words, since)
    watched.check_undisturbed()


def drip(client: wire.RawClient, watch: Stopwatch) -> None:
    """A byte now and then, until the relay has had enough."""
    client.socket.settimeout(0.5)
    for byte in request(GOOD[:1] + ["X: " + "y" * 100]):
        try:
            client.send_bytes(bytes([byte]))
            assert client.socket.recv(1) == b""
            return
        except TimeoutError:
            assert watch.seconds() < 20, "a drop now and then keeps the relay waiting"
        except OSError:
            return


def hostile_round(watched: Watched, number: int) -> None:
    rows = [row for row in FRAMES.values() if not row.relayed]
    with watched.relay.raw() as client:
        client.join(f"mallory{number}")
        client.send_bytes(rows[number % len(rows)].data)
        while client.read(VISIBLE_SECONDS_MAX) != EMPTY_CLOSE:
            pass
    with watched.client() as client:
        client.send_bytes(request(GOOD)[:number % 150] + b"\0")


def test_memory_does_not_grow_with_hostile_clients(watched):
    process = watched.relay.process.pid
    for number in range(150):
        hostile_round(watched, number)
    before = memory_mib(process)
    for number in range(300):
        hostile_round(watched, number)
    assert memory_mib(process) - before < 4
