"""Certificates made with the openssl program, good ones and bad ones."""

import subprocess
from pathlib import Path
from typing import NamedTuple, Optional

START, END = "20250101000000Z", "20490101000000Z"
CA_EXTENSIONS = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"


class Certificate(NamedTuple):
    certificate: Path
    key: Path


def _openssl(*arguments: str, cwd: Path) -> str:
    done = subprocess.run(["openssl", *arguments], cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 0, f"openssl {' '.join(arguments)}: {done.stderr}"
    return done.stdout


def _make_key(folder: Path, label: str, kind: str) -> None:
    """`ec` (P-256), `rsa` (2048 bits), or with the curve or the bits: `ec:secp224r1`, `rsa:1024`."""
    algorithm, _, parameter = kind.partition(":")
    if algorithm == "rsa":
        _openssl("genrsa", "-out", f"{label}.key", parameter or "2048", cwd=folder)
    else:
        _openssl("ecparam", "-name", parameter or "prime256v1", "-genkey", "-noout", "-out", f"{label}.key", cwd=folder)


def leaf_extensions(alternative_names: str, *, usage: str = "serverAuth", key_usage: str = "digitalSignature") -> str:
    """Those of a server's certificate, for e.g. `DNS:localhost,IP:127.0.0.1`."""
    return (f"subjectAltName={alternative_names}\nbasicConstraints=critical,CA:FALSE\n"
            f"keyUsage=critical,{key_usage}\nextendedKeyUsage={usage}\n")


class Authority:
    """A certificate authority in a folder of its own: a root, or one that `parent` has certified."""

    def __init__(self, folder: Path, name: str, *, parent: Optional["Authority"] = None, key: str = "ec",
                 extensions: str = CA_EXTENSIONS, **signing) -> None:
        self.folder = folder
        self.certificate = folder / "ca.pem"
        folder.mkdir(parents=True)
        (folder / "index.txt").touch()
        (folder / "ca.cnf").write_text(
            "[ca]\ndefault_ca=this\n[this]\ndatabase=index.txt\nnew_certs_dir=.\nrand_serial=yes\n"
            "default_md=sha256\npolicy=any\nunique_subject=no\n[any]\ncommonName=supplied\n"
            "[req]\ndistinguished_name=none\n[none]\n")
        _make_key(folder, "ca", key)
        (parent or self)._sign(folder, "ca", name, extensions, *([] if parent else ["-selfsign"]), **signing)
        # What a server has to send besides its own certificate.
        self.chain = self.certificate.read_text() + parent.chain if parent else ""

    def issue(self, label: str, alternative_names: str = "", *, key: str = "ec", usage: str = "serverAuth",
              extensions: Optional[str] = None, **signing) -> Certificate:
        """A server's certificate, or one with other `extensions`."""
        _make_key(self.folder, label, key)
        wanted = leaf_extensions(alternative_names, usage=usage) if extensions is None else extensions
        certificate = self._sign(self.folder, label, label, wanted, **signing)
        return Certificate(certificate, self.folder / f"{label}.key")

    def _sign(self, folder: Path, label: str, name: str, extensions: str, *options: str, start: str = START,
              end: str = END, digest: str = "sha256") -> Path:
        """Signs the key `label` of `folder`, valid between two times (YYYYMMDDHHMMSSZ) - by default whatever the time
        is."""
        request, certificate = folder / f"{label}.csr", folder / f"{label}.pem"
        _openssl("req", "-new", "-config", "ca.cnf", "-key", str(folder / f"{label}.key"), "-subj", f"/CN={name}",
                 "-out", str(request), cwd=self.folder)
        (folder / f"{label}.ext").write_text(extensions)
        issuer = [] if "-selfsign" in options else ["-cert", "ca.pem"]
        _openssl("ca", "-batch", "-config", "ca.cnf", "-keyfile", "ca.key", *issuer, "-in", str(request), "-md", digest,
                 "-startdate", start, "-enddate", end, "-extfile", str(folder / f"{label}.ext"), "-notext",
                 "-out", str(certificate), *options, cwd=self.folder)
        return certificate


def self_signed(folder: Path, alternative_names: str) -> Certificate:
    """A server certificate that no authority signed."""
    folder.mkdir(parents=True)
    (folder / "self.cnf").write_text(
        f"[req]\ndistinguished_name=none\n[none]\n[ext]\n{leaf_extensions(alternative_names)}")
    _make_key(folder, "self", "ec")
    _openssl("req", "-new", "-x509", "-config", "self.cnf", "-extensions", "ext", "-key", "self.key", "-sha256",
             "-days", "30", "-subj", "/CN=self", "-out", "self.pem", cwd=folder)
    return Certificate(folder / "self.pem", folder / "self.key")


def public_key_hash(certificate: Path) -> str:
    """SHA-256 of the SubjectPublicKeyInfo, in hexadecimal: what `--pin` takes."""
    import hashlib
    pem = _openssl("x509", "-in", str(certificate), "-noout", "-pubkey", cwd=certificate.parent)
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=pem.encode(), check=True,
                         capture_output=True).stdout
    return hashlib.sha256(der).hexdigest()
