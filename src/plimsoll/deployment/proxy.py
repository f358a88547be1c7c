"""An nginx in front of the bot's REST API: TLS, and a limit on guessing its password.

Freqtrade answers a wrong password with 401 as often as it is asked. Passwords reach it in the
header ``Authorization: Basic`` alone, at any of its addresses, so that this is what is counted:
a browser's session and other programs go on with the token that ``/api/v1/token/login`` gives.

Source of the directives: ngx_http_limit_req_module and ngx_http_ssl_module of nginx 1.22.
"""

from dataclasses import dataclass
from pathlib import Path

from plimsoll.core import UsageError
from plimsoll.deployment.site import require_plain

LOGINS_PER_MINUTE = 6
LOGINS_AT_ONCE = 4
"""Beyond the first: five passwords in a row are passed on, the sixth is answered with 429."""

TEXT = """\
# Written by plimsoll deploy proxy; write it again rather than edit it. For the http block of nginx.

# One client is one IPv4 address or one IPv6 network of 64 bits.
map $binary_remote_addr $plimsoll_client {{
    default $binary_remote_addr;
    "~(?s)^(?<plimsoll_net>.{{8}}).{{8}}$" $plimsoll_net;
}}
# Only a request with a password counts as a login; an empty key is not counted.
map $http_authorization $plimsoll_login {{
    default "";
    "~*^\\s*basic" $plimsoll_client;
}}
map $http_upgrade $plimsoll_connection {{
    default upgrade;
    "" "";
}}
# A token in an address, as of a WebSocket, stays out of the log.
log_format plimsoll '$remote_addr [$time_iso8601] "$request_method $uri" $status $body_bytes_sent '
                    '$request_time "$http_user_agent"';
limit_req_zone $plimsoll_login zone=plimsoll_login:1m rate={logins}r/m;
limit_req_zone $plimsoll_client zone=plimsoll_all:1m rate=20r/s;
limit_conn_zone $plimsoll_client zone=plimsoll_open:1m;

server {{
    listen {http_port};
    server_name {host};
    server_tokens off;
    access_log off;
    return 301 https://{host}{shown_port}$request_uri;
}}

server {{
    listen {https_port} ssl http2;
    server_name {host};
    server_tokens off;
    access_log {log} plimsoll;

    ssl_certificate {certificate};
    ssl_certificate_key {key};
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;
    ssl_session_cache shared:plimsoll_tls:1m;
    ssl_session_tickets off;

    add_header Strict-Transport-Security "max-age=63072000" always;
    add_header X-Content-Type-Options nosniff always;
    add_header X-Frame-Options DENY always;
    add_header Referrer-Policy no-referrer always;

    client_max_body_size 1m;
    client_header_timeout 15s;
    client_body_timeout 15s;
    limit_req_status 429;
    limit_conn_status 429;

    location / {{
        limit_req zone=plimsoll_login burst={burst} nodelay;
        limit_req zone=plimsoll_all burst=60 nodelay;
        limit_conn plimsoll_open 40;
        proxy_pass http://127.0.0.1:{upstream_port};
        proxy_http_version 1.1;
        proxy_set_header Host $host;
        proxy_set_header X-Real-IP $remote_addr;
        proxy_set_header X-Forwarded-For $remote_addr;
        proxy_set_header X-Forwarded-Proto https;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection $plimsoll_connection;
        proxy_read_timeout 120s;
    }}
}}
"""

ROTATION = """\
# Written by plimsoll deploy logrotate; for /etc/logrotate.d.
# The decision log is not rotated: it is one file a day, and evidence (docs/decision-log.md).
{log} {{
    weekly
    rotate 12
    maxsize 50M
    missingok
    notifempty
    compress
    delaycompress
    dateext
    dateformat -%Y%m%d-%s
    create 0640 {owner} {group}
    sharedscripts
    postrotate
        [ ! -s {pid} ] || kill -USR1 "$(cat {pid})"
    endscript
}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """What stands before one bot's REST API.

    Attributes
    ----------
    host
        The name in its certificate.
    certificate, key
        Files of the certificate's chain and of its key; their contents are not looked at.
    upstream_port
        The REST API's, on this machine's loopback.
    http_port, https_port
        Where it listens: a number, or address and number.
    log
        Its log of requests; tokens and passwords are not in it.
    """

    host: str
    certificate: Path
    key: Path
    upstream_port: int = 8080
    http_port: str = "80"
    https_port: str = "443"
    log: Path = Path("/var/log/plimsoll/proxy.log")

    def __post_init__(self) -> None:
        """Refuse words that nginx would read as something else."""
        for option, text in (
            ("--host", self.host),
            ("--certificate", str(self.certificate)),
            ("--certificate-key", str(self.key)),
            ("--http", self.http_port),
            ("--https", self.https_port),
            ("--log", str(self.log)),
        ):
            require_plain(option, text)
        for option, file in (
            ("--certificate", self.certificate),
            ("--certificate-key", self.key),
            ("--log", self.log),
        ):
            if not file.is_absolute():
                raise UsageError(f"expected {option} to be an absolute path, found {file}")

    @property
    def shown_port(self) -> str:
        """The port as an address for people shows it: nothing where it is https's own."""
        port = self.https_port.rpartition(":")[2]
        return "" if port == "443" else f":{port}"


def proxy_text(proxy: Proxy) -> str:
    """Return the configuration for nginx's http block, as for ``/etc/nginx/conf.d``."""
    return TEXT.format(
        host=proxy.host,
        certificate=proxy.certificate,
        key=proxy.key,
        http_port=proxy.http_port,
        https_port=proxy.https_port,
        shown_port=proxy.shown_port,
        upstream_port=proxy.upstream_port,
        log=proxy.log,
        logins=LOGINS_PER_MINUTE,
        burst=LOGINS_AT_ONCE,
    )


def rotation_text(
    log: Path, *, owner: str = "www-data", group: str = "adm", pid: Path = Path("/run/nginx.pid")
) -> str:
    """Return logrotate's rules for the proxy's log."""
    words = (("--log", str(log)), ("--owner", owner), ("--group", group), ("--pid", str(pid)))
    for option, text in words:
        require_plain(option, text)
    return ROTATION.format(log=log, owner=owner, group=group, pid=pid)
