# Copyright 2026 the hand_tracking_dsp authors
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""Certificates and keys of a fleet: an authority, the server's certificate, and a key for each client.

Server and clients speak TLS with the server's certificate; a client says who it is by a signature with its
own key, whose public half the server knows (Flower's SuperNode authentication: elliptic curve P-384).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hand_tracking_dsp.documents import excerpt
from hand_tracking_dsp.errors import ConfigurationError, OutputError
from hand_tracking_dsp.files import make_folder

DAYS = 825
"""Validity of certificates, days: what common TLS libraries accept at most of private authorities."""

_CURVE = ec.SECP384R1()
_SECRET = 0o600


@dataclass(frozen=True, slots=True)
class ServerFiles:
    """The server's files.

    Attributes:
        authority: Certificate of the authority, which clients need, too.
        certificate: Certificate of the server.
        key: Private key of the server.
        clients: Public keys of the clients.
    """

    authority: Path
    certificate: Path
    key: Path
    clients: tuple[Path, ...]


def make_certificates(folder: Path, hosts: Sequence[str], clients: Sequence[str]) -> None:
    """Write ca.crt, server.crt, server.key, and NAME.key and NAME.pub of each client.

    The authority's own key is not kept: a further server wants a new authority, a further client only a key.

    Args:
        folder: Folder to write into.
        hosts: Names and IP addresses by which clients reach the server.
        clients: Names of clients, as file names may be.

    Raises:
        ConfigurationError: A client's name cannot be a file's, or nothing is named.
        OutputError: A file cannot be written, or is there already.
    """
    if not hosts or not clients:
        msg = "Certificates need a host of the server and a name of a client: give --host and --client."
        raise ConfigurationError(msg)
    for name in clients:
        _require_name(name)
    authority_key, server_key = ec.generate_private_key(_CURVE), ec.generate_private_key(_CURVE)
    authority = _authority(authority_key)
    certificate = _certificate(server_key, authority, authority_key, hosts)
    try:
        make_folder(folder)
        _write(folder / "ca.crt", authority.public_bytes(serialization.Encoding.PEM))
        _write(folder / "server.crt", certificate.public_bytes(serialization.Encoding.PEM))
        _write(folder / "server.key", _secret_of(server_key), _SECRET)
    except OSError as error:
        raise OutputError(_message(error)) from error
    for name in clients:
        make_client_key(folder, name)


def make_client_key(folder: Path, name: str) -> None:
    """Write NAME.key, for the robot, and NAME.pub, for the server, which knows it when it starts again.

    Raises:
        ConfigurationError: The name cannot be a file's.
        OutputError: A file cannot be written, or is there already.
    """
    _require_name(name)
    key = ec.generate_private_key(_CURVE)
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    try:
        _write(folder / f"{name}.key", secret, _SECRET)
        _write(folder / f"{name}.pub", public)
    except OSError as error:
        raise OutputError(_message(error)) from error


def server_files(folder: Path) -> ServerFiles:
    """Find what make_certificates wrote for a server.

    Raises:
        ConfigurationError: Something is missing.
    """
    clients = tuple(sorted(folder.glob("*.pub")))
    files = ServerFiles(folder / "ca.crt", folder / "server.crt", folder / "server.key", clients)
    paths = (files.authority, files.certificate, files.key)
    missing = [path.name for path in paths if not path.is_file()] + ([] if clients else ["*.pub"])
    if missing:
        msg = (
            f"{folder} lacks {', '.join(missing)}: make certificates with 'policy federate "
            f"--make-certificates --out {folder} --host HOST --client NAME', or say --insecure."
        )
        raise ConfigurationError(msg)
    return files


def _require_name(name: str) -> None:
    if Path(name).name != name or name in ("", ".", "..", "server"):
        msg = f"The client's name {excerpt(name)} cannot be a file's: choose another."
        raise ConfigurationError(msg)


def _authority(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hand_tracking_dsp fleet")])
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    builder = _builder(name, name, key).add_extension(
        x509.BasicConstraints(ca=True, path_length=0), critical=True
    )
    return builder.add_extension(usage, critical=True).sign(key, hashes.SHA384())


def _certificate(
    key: ec.EllipticCurvePrivateKey,
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
    hosts: Sequence[str],
) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0])])
    names = x509.SubjectAlternativeName([_general_name(host) for host in hosts])
    builder = _builder(name, authority.subject, key).add_extension(names, critical=False)
    constraints = x509.BasicConstraints(ca=False, path_length=None)
    return builder.add_extension(constraints, critical=True).sign(authority_key, hashes.SHA384())


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.now(timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # Robots' clocks may be a little behind.
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=DAYS))
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _secret_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    secret: bytes = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return secret


def _write(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write a new file, which nobody else may read if its mode says so; never replace one.

    Raises:
        OSError: It cannot be written, or is there already.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def _message(error: OSError) -> str:
    return f"{error.filename} cannot be written ({error.strerror}): choose another folder or name."
