"""A real nginx on loopback, with certificates made for it."""

import ipaddress
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from plimsoll.deployment.proxy import Proxy, proxy_text
from plimsoll.lab.processes import running, wait_until
from tests.ports import free_port

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
needs_nginx = pytest.mark.skipif(NGINX is None, reason="no nginx; Debian package nginx-light")
HOST = "localhost"


@dataclass(frozen=True)
class Served:
    """An nginx that runs: where it listens, its certificate, its log and its process."""

    url: str
    plain_url: str
    certificate: Path
    log: Path
    pid_file: Path


def write_certificate(folder: Path, *, expired: bool = False) -> tuple[Path, Path]:
    """Write a self-signed certificate of `HOST` and its key; return both files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    ends = now - timedelta(days=1) if expired else now + timedelta(days=30)
    names = [x509.DNSName(HOST), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=90))
        .not_valid_after(ends)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(parents=True, exist_ok=True)
    chain, secret = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    secret.chmod(0o600)
    return chain, secret


def main_config(folder: Path, extra: str = "") -> str:
    """Return a main configuration that keeps everything in a folder and includes the proxy's."""
    places = "".join(
        f"    {what}_temp_path {folder}/{what};\n"
        for what in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    # The folder of a test is its owner's alone, and so must be who reopens the log in it.
    user = "user root root;\n" if os.geteuid() == 0 else ""
    return (
        f"{user}daemon off;\nworker_processes 1;\npid {folder}/nginx.pid;\n"
        f"error_log {folder}/error.log;\nevents {{}}\nhttp {{\n{places}{extra}"
        f"    include {folder}/plimsoll-proxy.conf;\n}}\n"
    )


def checked(folder: Path) -> subprocess.CompletedProcess[str]:
    """Let nginx check the configuration in a folder."""
    assert NGINX is not None
    words = [NGINX, "-t", "-p", str(folder), "-c", str(folder / "nginx.conf")]
    return subprocess.run(words, capture_output=True, text=True, timeout=60)


@contextmanager
def nginx_before(
    folder: Path, upstream_port: int, *, expired: bool = False, extra: str = ""
) -> Iterator[Served]:
    """Run nginx with the shipped configuration before a port of loopback."""
    assert NGINX is not None
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    certificate, key = write_certificate(folder / "tls", expired=expired)
    http_port, https_port = free_port(), free_port()
    proxy = Proxy(
        host=HOST,
        certificate=certificate,
        key=key,
        upstream_port=upstream_port,
        http_port=f"127.0.0.1:{http_port}",
        https_port=f"127.0.0.1:{https_port}",
        log=folder / "proxy.log",
    )
    (folder / "plimsoll-proxy.conf").write_text(proxy_text(proxy))
    (folder / "nginx.conf").write_text(main_config(folder, extra))
    words = [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf")]
    with running(words, log=folder / "nginx.out") as child:

        def listens() -> bool:
            assert child.poll() is None, (folder / "nginx.out").read_text()
            try:
                socket.create_connection(("127.0.0.1", https_port), 1).close()
            except OSError:
                return False
            return True

        wait_until(listens, seconds=30, what="nginx", pause_seconds=0.05)
        yield Served(
            f"https://{HOST}:{https_port}",
            f"http://{HOST}:{http_port}",
            certificate,
            proxy.log,
            folder / "nginx.pid",
        )
