"""Certificates made with the openssl program, good ones and bad ones."""

import subprocess
from pathlib import Path
from typing import NamedTuple

START, END = "20250101000000Z", "20490101000000Z"
CA_EXTENSIONS = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"


class Certificate(NamedTuple):
    certificate: Path
    key: Path


def _openssl(*arguments: str, cwd: Path) -> str:
    done = subprocess.run(["openssl", *arguments], cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 0, f"openssl {' '.join(arguments)}: {done.stderr}"
    return done.stdout


class Authority:
    """A certificate authority in a folder of its own."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.certificate = folder / "ca.pem"
        folder.mkdir(parents=True)
        (folder / "index.txt").touch()
        (folder / "ca.cnf").write_text(
            "[ca]\ndefault_ca=this\n[this]\ndatabase=index.txt\nnew_certs_dir=.\nrand_serial=yes\n"
            "default_md=sha256\npolicy=any\nunique_subject=no\n[any]\ncommonName=supplied\n"
            "[req]\ndistinguished_name=none\n[none]\n")
        _openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "ca.key", cwd=folder)
        (folder / "ca.ext").write_text(CA_EXTENSIONS)
        _openssl("req", "-new", "-config", "ca.cnf", "-key", "ca.key", "-subj", f"/CN={name}", "-out", "ca.csr", cwd=folder)
        # Valid whatever the time is, like what it issues.
        _openssl("ca", "-batch", "-config", "ca.cnf", "-selfsign", "-keyfile", "ca.key", "-in", "ca.csr",
                 "-startdate", START, "-enddate", END, "-extfile", "ca.ext", "-notext", "-out", "ca.pem", cwd=folder)

    def issue(self, label: str, alternative_names: str, *, start: str = START,
              end: str = END, key: str = "ec", usage: str = "serverAuth") -> Certificate:
        """A certificate for e.g. `DNS:localhost,IP:127.0.0.1`, valid between two times (YYYYMMDDHHMMSSZ)."""
        if key == "rsa":
            _openssl("genrsa", "-out", f"{label}.key", "2048", cwd=self.folder)
        else:
            _openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", f"{label}.key", cwd=self.folder)
        _openssl("req", "-new", "-config", "ca.cnf", "-key", f"{label}.key", "-subj", f"/CN={label}",
                 "-out", f"{label}.csr", cwd=self.folder)
        (self.folder / f"{label}.ext").write_text(
            f"subjectAltName={alternative_names}\nbasicConstraints=critical,CA:FALSE\n"
            f"keyUsage=critical,digitalSignature\nextendedKeyUsage={usage}\n")
        _openssl("ca", "-batch", "-config", "ca.cnf", "-keyfile", "ca.key", "-cert", "ca.pem", "-in", f"{label}.csr",
                 "-startdate", start, "-enddate", end, "-extfile", f"{label}.ext", "-notext",
                 "-out", f"{label}.pem", cwd=self.folder)
        return Certificate(self.folder / f"{label}.pem", self.folder / f"{label}.key")


def self_signed(folder: Path, alternative_names: str) -> Certificate:
    """A server certificate that no authority signed."""
    folder.mkdir(parents=True)
    (folder / "self.cnf").write_text(
        f"[req]\ndistinguished_name=none\n[none]\n[ext]\nsubjectAltName={alternative_names}\n"
        "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n")
    _openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "self.key", cwd=folder)
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
