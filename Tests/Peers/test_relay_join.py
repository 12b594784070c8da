"""The relay on the level of frames: the upgrade, joining and refusing."""

import json

import pytest
from harness import wire
from harness.program import Stopwatch
from harness.protocol import SUBPROTOCOL, authentication, join_header
from harness.wire import BINARY, EMPTY_CLOSE, PING, PONG, TEXT, confirmed, until


def test_the_upgrade_reply_names_its_headers_as_the_server_does(relay):
    with relay.raw() as client:
        assert client.status == 101
        assert {"connection: upgrade", "upgrade: websocket", f"sec-websocket-protocol: {SUBPROTOCOL}"} <= set(client.head)
        assert len(client.header("sec-websocket-accept")) == 1


def test_any_path_is_accepted_and_an_extension_ignored(relay):
    with relay.raw(path="/any/path?x=1", extra=("Sec-WebSocket-Extensions: permessage-deflate",)) as client:
        assert client.status == 101
        assert client.header("sec-websocket-extensions") == []


@pytest.mark.parametrize("subprotocols", [
    (), (SUBPROTOCOL, "chat"), ("chat", SUBPROTOCOL), (f"chat, {SUBPROTOCOL}",), (f"{SUBPROTOCOL}, chat",), ("chat",),
    (SUBPROTOCOL.upper(),)], ids=["none", "two", "two-reversed", "list", "list-reversed", "other", "upper-case"])
def test_anything_but_the_one_subprotocol_gets_400(relay, subprotocols):
    with relay.raw(subprotocols=subprotocols) as client:
        assert client.status == 400


@pytest.mark.parametrize("request_bytes", [
    b"\x00\x01\x02\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"POST / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    b"GET / HTTP/1.1\r\nX: " + b"a" * 200_000 + b"\r\n\r\n"],
    ids=["garbage", "no-upgrade", "post", "no-key", "too-large"])
def test_a_request_that_is_no_upgrade_is_refused(relay, request_bytes):
    with relay.raw(upgrade=False) as client:
        try:
            client.send_bytes(request_bytes)
            head = client._read_head()
        except (wire.Ended, OSError):
            return
        assert 400 <= int(head[0].split(" ")[1]) < 500


GOOD_HEADERS = {
    "plain": join_header("alice"),
    "other-order": '{"channel":"example","uid":"alice"}',
    "extra-fields": join_header("alice", more={"deep": [1, None, {"a": "b"}]}),
    "escapes": '{"\\u0075id":"\\u0061lice","channel":"e\\u0078ample"}',
    "auth-null": '{"uid":"alice","channel":"example","auth":null}',
    "auth-keyless": join_header("alice", auth="9b3b95527f7c2d80"),
    "spaces": ' { "uid" : "alice" , "channel" : "example" } ',
}


@pytest.mark.parametrize("header", GOOD_HEADERS.values(), ids=GOOD_HEADERS.keys())
def test_a_good_header_joins(relay, header):
    with relay.raw() as client, relay.raw() as bob:
        confirmed(bob, "bob")
        client.send(TEXT, header.encode())
        assert client.messages(1)[0].opcode == TEXT
        client.send(TEXT, b"hello")
        assert bob.messages(1)[0].payload == b"hello"


BAD_HEADERS = {
    "not-json": (TEXT, b"hello"),
    "empty": (TEXT, b""),
    "binary": (BINARY, join_header("alice").encode()),
    "array": (TEXT, b'["alice","example"]'),
    "no-uid": (TEXT, b'{"channel":"example"}'),
    "no-channel": (TEXT, b'{"uid":"alice"}'),
    "empty-uid": (TEXT, join_header("").encode()),
    "empty-channel": (TEXT, join_header("alice", "").encode()),
    "number-uid": (TEXT, b'{"uid":1,"channel":"example"}'),
    "non-ascii": (TEXT, json.dumps({"uid": "älice", "channel": "example"}).encode()),
    "non-ascii-raw": (TEXT, '{"uid":"älice","channel":"example"}'.encode()),
    "duplicate-key": (TEXT, b'{"uid":"alice","uid":"alice","channel":"example"}'),
    "trailing-bytes": (TEXT, join_header("alice").encode() + b"x"),
    "wrong-auth": (TEXT, join_header("alice", auth="0000000000000000").encode()),
    "ping": (PING, b""),
    "pong": (PONG, b""),
}


@pytest.mark.parametrize("opcode, payload", BAD_HEADERS.values(), ids=BAD_HEADERS.keys())
def test_a_bad_header_gets_an_empty_close_and_fin_with_no_ping_before(relay, opcode, payload):
    with relay.raw() as client:
        client.send(opcode, payload)
        client.send(TEXT, b"ignored")
        assert client.read() == EMPTY_CLOSE
        client.read_end()


def test_a_refused_member_reaches_nobody(relay):
    with confirmed(relay.raw(), "bob") as bob, relay.raw() as refused:
        refused.send(TEXT, b"no header")
        refused.send(TEXT, b"not to be relayed")
        assert refused.read() == EMPTY_CLOSE
        with relay.raw() as alice:
            alice.join("alice")
            alice.send(TEXT, b"to be relayed")
            assert bob.messages(1)[0].payload == b"to be relayed"


def test_a_live_identity_is_refused_at_once_and_the_older_connection_stays(start_relay):
    relay = start_relay()
    watch = Stopwatch()
    with relay.raw() as first, relay.raw() as second, relay.raw() as bob:
        bob.join("bob")
        first.join("alice")
        first.send(TEXT, b"one")
        until(bob, b"one")
        second.join("alice")
        assert second.read() == EMPTY_CLOSE
        second.read_end()
        first.send(TEXT, b"two")
        until(bob, b"two")
    assert watch.seconds() < 15, "the refusal came no sooner than a tick"


def test_auth_as_spelled_is_part_of_the_identity(relay):
    spelled = ["9b3b95527f7c2d80", "9B3B95527F7C2D80", None]
    with relay.raw() as lower, relay.raw() as upper, relay.raw() as absent:
        for client, auth in zip((lower, upper, absent), spelled):
            confirmed(client, "alice", auth=auth)
        lower.send(TEXT, b"hello")
        for client in (upper, absent):
            until(client, b"hello")


@pytest.mark.parametrize("auth, joins", [
    (authentication("alice", "example", "sekrit"), True), (authentication("alice", "example"), False),
    (authentication("alice", "example", "other"), False), (None, False), ("sekrit", False)],
    ids=["right", "keyless", "other-key", "none", "the-key-itself"])
def test_with_a_key_only_the_keyed_hash_joins(start_relay, auth, joins):
    relay = start_relay("--ping-interval", "1s", key="sekrit")
    with relay.raw() as client:
        client.join("alice", auth=auth)
        frame = client.read()
        if joins:
            assert frame.opcode in (PING, TEXT)
        else:
            assert frame == EMPTY_CLOSE
            client.read_end()
