"""The harness's own Mles, against vectors observed on mles-rs 2.9.2 and those of the SipHash paper."""

import pytest
from harness.protocol import authentication, siphash24
from harness.wire import TEXT, encode


@pytest.mark.parametrize("key, expected", [(None, "9b3b95527f7c2d80"), ("sekrit", "0082200cb33a6cc6")])
def test_authentication_of_alice_on_example(key, expected):
    assert authentication("alice", "example", key) == expected


def test_siphash_of_the_reference_clients_plaintext():
    assert siphash24(bytes(16), b"2026-01-02T03:04:05Z alice: Hello Bob!") == 0x572512993ABE2B79


def test_siphash_of_the_papers_appendix():
    assert siphash24(bytes(range(16)), bytes(range(15))) == 0xA129CA6149BE45E5


def test_frame_encoder_writes_the_unmasked_hello_of_rfc_6455():
    assert encode(TEXT, b"Hello", is_masked=False) == bytes.fromhex("810548656c6c6f")
