"""What a client makes of certificates and chains: `probe` with TLS 1.2 and 1.3, and the node (`run`) for a few.

Expired, wrong and self-signed certificates are in test_certificates.py too, shown by `openssl s_server`.
"""

import re
import ssl
from pathlib import Path
from typing import Callable, Dict, List, NamedTuple, Optional

import pytest
from conftest import TLS_VERSIONS, VERSIONS
from harness import program
from harness.certificates import CA_EXTENSIONS, Authority, Certificate, leaf_extensions, self_signed
from harness.hostile import VISIBLE_SECONDS_MAX, HostileServer, check_accepted, check_refused, probe, server_context
from harness.wire import CLOSE, encode

CLOSE_1000 = encode(CLOSE, b"\x03\xe8", is_masked=False)
LOCAL = "DNS:localhost,IP:127.0.0.1"
LAST_YEAR = {"start": "20240101000000Z", "end": "20240201000000Z"}
LATER = {"start": "20480101000000Z", "end": "20490101000000Z"}
CA = "basicConstraints=critical,CA:TRUE"
SIGNS = "keyUsage=critical,keyCertSign,cRLSign"


class Shown(NamedTuple):
    """What a server shows, and the root that the client trusts."""
    root: Authority
    leaf: Certificate
    chain: str = ""


class Maker:
    """Makes certificates below one root, in a folder of its own."""

    def __init__(self, folder: Path, root: Authority) -> None:
        self.folder = folder
        self.root = root

    def leaf(self, names: str = LOCAL, **options) -> Shown:
        return Shown(self.root, self.root.issue(self._label("leaf"), names, **options))

    def authority(self, name: str, parent: Optional[Authority] = None, **options) -> Authority:
        return Authority(self.folder / self._label(name), name, parent=parent or self.root, **options)

    def below(self, authority: Authority, names: str = LOCAL, *, root: Optional[Authority] = None, **options) -> Shown:
        return Shown(root or self.root, authority.issue(self._label("leaf"), names, **options), authority.chain)

    def below_one(self, extensions: str = CA_EXTENSIONS, names: str = LOCAL, **options) -> Shown:
        """With one CA between root and server."""
        return self.below(self.authority("Middle", extensions=extensions, **options), names)

    def other_root(self, extensions: str = CA_EXTENSIONS, name: str = "Other Root") -> Authority:
        return Authority(self.folder / self._label("other"), name, extensions=extensions)

    def _label(self, name: str) -> str:
        return f"{name}-{len(list(self.folder.iterdir()))}-{len(list(self.root.folder.iterdir()))}".replace(" ", "-")


class Row(NamedTuple):
    """What is shown, the name asked for, and the words of the refusal; None: it is accepted."""
    make: Callable[[Maker], Shown]
    words: Optional[str]
    host: str = "localhost"


def named(names: str, host: str, words: Optional[str]) -> Row:
    return Row(lambda maker: maker.leaf(names), words, host)


def der_name(name: bytes) -> str:
    """A subjectAltName with one DNS name, of any bytes."""
    general = b"\x82" + bytes([len(name)]) + name
    return "DER:" + (b"\x30" + bytes([len(general)]) + general).hex(":")


NAMES: Dict[str, Row] = {
    "wildcard": named("DNS:*.example.test", "a.example.test", None),
    "wildcard-for-no-label": named("DNS:*.example.test", "example.test", r'is for "\*.example.test", not for "exam'),
    "wildcard-for-two-labels": named("DNS:*.example.test", "b.a.example.test", "not for \"b.a.example.test\""),
    "wildcard-at-the-end-of-a-label": named("DNS:fo*.example.test", "foo.example.test", "not for"),
    "wildcard-at-the-start-of-a-label": named("DNS:*oo.example.test", "foo.example.test", "not for"),
    "wildcard-within-a-label": named("DNS:f*o.example.test", "foo.example.test", "not for"),
    "wildcard-in-the-second-label": named("DNS:a.*.test", "a.example.test", "not for"),
    "wildcard-in-the-last-label": named("DNS:a.example.*", "a.example.test", "not for"),
    "wildcards-in-two-labels": named("DNS:*.*.test", "a.example.test", "not for"),
    "wildcard-for-a-top-level-domain": named("DNS:*.test", "example.test", "not for"),
    "wildcard-alone": named("DNS:*", "localhost", "not for"),
    "wildcard-for-an-address": named("DNS:*.0.0.1", "127.0.0.1", "not for"),
    "other-case": named("DNS:LocalHost", "localhost", None),
    "longer-in-front": named("DNS:xlocalhost", "localhost", 'is for "xlocalhost", not for "localhost"'),
    "longer-behind": named("DNS:localhost.evil.test", "localhost", "not for"),
    "shorter": named("DNS:localhos", "localhost", "not for"),
    "dot-in-front": named("DNS:.example.test", "a.example.test", "not for"),
    "nul-behind": named(der_name(b"localhost\0.evil.test"), "localhost", "not for"),
    "empty": named(der_name(b""), "localhost", "not for"),
    "common-name-only": Row(lambda maker: Shown(maker.root, maker.root.issue("localhost", extensions=leaf_extensions(
        "x").split("\n", 1)[1])), r"no name \(it has no subjectAltName\), not for \"localhost\""),
    "mail-address-only": named("email:localhost", "localhost", "not for"),
    "address": named("IP:127.0.0.1", "127.0.0.1", None),
    "address-v6": named("IP:::1", "[::1]", None),
    "other-address": named("IP:127.0.0.2", "127.0.0.1", 'is for "127.0.0.2", not for "127.0.0.1"'),
    "address-as-a-name": named("DNS:127.0.0.1", "127.0.0.1", "not for"),
    "address-v6-for-v4": named("IP:::ffff:127.0.0.1", "127.0.0.1", "not for"),
    "name-for-the-address": named("DNS:localhost", "127.0.0.1", "not for"),
    "address-for-the-name": named("IP:127.0.0.1", "localhost", "not for"),
}


def tampered(shown: Shown) -> Shown:
    """With the last bit of its signature changed."""
    der = bytearray(ssl.PEM_cert_to_DER_cert(shown.leaf.certificate.read_text()))
    der[-1] ^= 1
    path = shown.leaf.certificate.with_suffix(".tampered.pem")
    path.write_text(ssl.DER_cert_to_PEM_cert(bytes(der)))
    return shown._replace(leaf=Certificate(path, shown.leaf.key))


def impostor(maker: Maker) -> Shown:
    """Below a root with the trusted root's name, and another key."""
    return Shown(maker.root, maker.other_root(name="Root").issue("leaf", LOCAL))


def unknown(maker: Maker) -> Shown:
    other = maker.other_root()
    return Shown(maker.root, other.issue("leaf", LOCAL), other.certificate.read_text())


def path_too_long(maker: Maker) -> Shown:
    root = maker.other_root(f"{CA},pathlen:0\n{SIGNS}\n")
    return maker.below(maker.authority("Middle", root), root=root)


def path_of_two(extensions: str) -> Callable[[Maker], Shown]:
    return lambda maker: maker.below(maker.authority("Lower", maker.authority("Upper", extensions=extensions)))


def path_of_twelve(maker: Maker) -> Shown:
    authority = maker.root
    for number in range(12):
        authority = maker.authority(f"CA {number}", authority)
    return maker.below(authority)


def constrained(constraints: str, names: str = LOCAL) -> Callable[[Maker], Shown]:
    return lambda maker: maker.below_one(f"{CA_EXTENSIONS}nameConstraints={constraints}\n", names)


def leaf_with(extensions: str) -> Callable[[Maker], Shown]:
    return lambda maker: maker.leaf(extensions=leaf_extensions(LOCAL) + extensions + "\n")


# mbedTLS does not check name constraints: a chain with them is refused, also where the name would be allowed.
CONSTRAINED = r"CA certificate in the chain is for certain names only \(name constraints\)"
UNREADABLE = "certificate cannot be read or used: a critical extension is unknown"
EXPIRED, NOT_YET = "expired on 2024-02-01", "is not valid before 2048-01-01"
UNKNOWN = "not issued by a trusted CA"
NO_CA = f"certificate was {UNKNOWN}.*Middle.*; that is no CA"
TOO_LONG = f"CA certificate in the chain was {UNKNOWN}.*; that CA allows fewer CAs below it"
CHAINS: Dict[str, Row] = {
    "plain": Row(lambda maker: maker.leaf(), None),
    "rsa": Row(lambda maker: maker.leaf(key="rsa"), None),
    "expired": Row(lambda maker: maker.leaf(**LAST_YEAR), f"certificate {EXPIRED}"),
    "not-yet-valid": Row(lambda maker: maker.leaf(**LATER), f"certificate {NOT_YET}"),
    "self-signed": Row(lambda maker: Shown(maker.root, self_signed(maker.folder / "own", LOCAL)), "self-signed"),
    "unknown-ca": Row(lambda maker: unknown(maker)._replace(chain=""), f"{UNKNOWN}.*Other Root"),
    "unknown-ca-that-is-sent": Row(unknown, f"{UNKNOWN}.*Other Root"),
    "impostor-of-the-ca": Row(impostor, f"{UNKNOWN}.*; not signed with the key of that CA"),
    "signature-changed": Row(
        lambda maker: tampered(maker.leaf()), f"{UNKNOWN}.*; not signed with the key of that CA"),
    "one-between": Row(lambda maker: maker.below_one(), None),
    "one-between-not-sent": Row(lambda maker: maker.below_one()._replace(chain=""), f"{UNKNOWN}.*Middle"),
    "one-between-expired": Row(lambda maker: maker.below_one(**LAST_YEAR), f"CA certificate in the chain {EXPIRED}"),
    "one-between-not-yet-valid": Row(lambda maker: maker.below_one(**LATER), f"CA certificate in the chain {NOT_YET}"),
    "one-between-is-no-ca": Row(
        lambda maker: maker.below_one(f"basicConstraints=critical,CA:FALSE\n{SIGNS}\n"), NO_CA),
    "one-between-does-not-say-so": Row(lambda maker: maker.below_one(f"{SIGNS}\n"), NO_CA),
    "one-between-must-not-sign": Row(
        lambda maker: maker.below_one(f"{CA}\nkeyUsage=critical,cRLSign\n"),
        f"{UNKNOWN}.*Middle.*; that CA must not sign certificates"),
    "path-as-long-as-allowed": Row(path_of_two(f"{CA},pathlen:1\n{SIGNS}\n"), None),
    "path-too-long": Row(path_of_two(f"{CA},pathlen:0\n{SIGNS}\n"), TOO_LONG),
    "path-too-long-for-the-root": Row(path_too_long, TOO_LONG),
    "path-of-twelve": Row(path_of_twelve, "certificate cannot be read or used: its chain has too many CAs"),
    "critical-extension-unknown": Row(leaf_with("1.2.3.4.5=critical,DER:05:00"), UNREADABLE),
    "extension-unknown": Row(leaf_with("1.2.3.4.5=DER:05:00"), None),
    "critical-extension-of-the-ca-unknown": Row(
        lambda maker: maker.below_one(f"{CA_EXTENSIONS}1.2.3.4.5=critical,DER:05:00\n"), UNREADABLE),
    "names-limited-to-others": Row(constrained("permitted;DNS:example.test"), CONSTRAINED),
    "names-limited-to-others-critical": Row(constrained("critical,permitted;DNS:example.test"), UNREADABLE),
    "names-excluded": Row(constrained("excluded;DNS:localhost"), CONSTRAINED),
    "names-excluded-critical": Row(constrained("critical,excluded;DNS:localhost"), UNREADABLE),
    "addresses-excluded": Row(constrained("excluded;IP:127.0.0.0/255.0.0.0"), CONSTRAINED, "127.0.0.1"),
    "names-limited-to-this-one": Row(constrained("permitted;DNS:localhost"), CONSTRAINED),
}
USES: Dict[str, Row] = {
    "for-clients": Row(lambda maker: maker.leaf(usage="clientAuth"), "not meant for this use"),
    "for-signing-code": Row(lambda maker: maker.leaf(usage="codeSigning"), "not meant for this use"),
    "for-anything": Row(lambda maker: maker.leaf(usage="anyExtendedKeyUsage"), None),
    "use-not-said": Row(lambda maker: maker.leaf(extensions=f"subjectAltName={LOCAL}\n"), None),
    # With RSA: OpenSSL itself does not show such certificates for ECDSA.
    **{f"key-for-{name}": Row(
        lambda maker, usage=usage: maker.leaf(key="rsa", extensions=leaf_extensions(LOCAL, key_usage=usage)),
        "not meant for this use")
       for name, usage in {"agreement": "keyAgreement", "encryption": "keyEncipherment",
                           "certificates": "keyCertSign"}.items()},
}
WEAK_KEY, WEAK_SIGNATURE = "key that is too weak", "signed with a weak or unsupported algorithm"
STRENGTHS: Dict[str, Row] = {
    "rsa-1024": Row(lambda maker: maker.leaf(key="rsa:1024"), WEAK_KEY),
    "rsa-2040": Row(lambda maker: maker.leaf(key="rsa:2040"), WEAK_KEY),
    "rsa-3072": Row(lambda maker: maker.leaf(key="rsa:3072"), None),
    "p-384": Row(lambda maker: maker.leaf(key="ec:secp384r1"), None),
    "ca-with-rsa-1024": Row(lambda maker: maker.below_one(key="rsa:1024"), WEAK_KEY),
    "ca-with-p-224": Row(lambda maker: maker.below_one(key="ec:secp224r1"), f"{WEAK_KEY}|{WEAK_SIGNATURE}"),
    "sha-1": Row(lambda maker: maker.leaf(digest="sha1"), WEAK_SIGNATURE),
    "ca-with-sha-1": Row(lambda maker: maker.below_one(digest="sha1"), WEAK_SIGNATURE),
    "sha-384": Row(lambda maker: maker.leaf(digest="sha384"), None),
}
ROWS = {**NAMES, **CHAINS, **USES, **STRENGTHS}


@pytest.fixture(scope="session")
def root(tmp_path_factory) -> Authority:
    return Authority(tmp_path_factory.mktemp("hostile") / "root", "Root")


@pytest.fixture
def shown(root, row, tmp_path) -> Shown:
    return row.make(Maker(tmp_path, root))


class Server(HostileServer):
    """Shows a chain as it is told to, however weak, and closes a connection that is opened all the same."""

    def __init__(self, shown: Shown, version: str) -> None:
        context = server_context()
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = VERSIONS[version]
        path = shown.leaf.certificate.with_suffix(".chain.pem")
        path.write_text(shown.leaf.certificate.read_text() + shown.chain)
        context.load_cert_chain(path, shown.leaf.key)
        super().__init__(lambda peer: (peer.upgrade(), peer.send(CLOSE_1000)), context)


def options(server: HostileServer, row: Row, shown: Shown) -> List[str]:
    return [f"wss://{row.host}:{server.port}", "--connect", f"127.0.0.1:{server.port}", "--ca",
            str(shown.root.certificate)]


@pytest.mark.tls
@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
@pytest.mark.parametrize("version", TLS_VERSIONS)
def test_a_certificate_is_judged(row, shown, version):
    with Server(shown, version) as server:
        verdict = probe(*options(server, row, shown))
    if row.words is None:
        check_accepted(verdict)
        assert verdict.report["tls"] == version
    else:
        check_refused(verdict, f"^TLS: .*({row.words})")


NODE_ROWS = {name: row for name, row in ROWS.items() if row.words and row.host == "localhost"}


@pytest.mark.tls
@pytest.mark.parametrize("row", NODE_ROWS.values(), ids=NODE_ROWS.keys())
@pytest.mark.parametrize("version", TLS_VERSIONS)
def test_the_node_refuses_it_too(row, shown, version, tmp_path):
    with Server(shown, version) as server, program.mles_sim(
            "run", "--server", server.url, "--ca", str(shown.root.certificate), "--interval", "100ms", "--verbose",
            "--state", str(tmp_path / "state")) as run:
        run.err.wait_for(row.words, VISIBLE_SECONDS_MAX)
        assert not any(peer.key for peer in server.peers), "it went on to the upgrade"
