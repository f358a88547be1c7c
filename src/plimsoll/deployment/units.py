"""systemd units of one bot and what stands beside it.

Source of the directives: systemd.service(5), systemd.exec(5), systemd.resource-control(5),
systemd.timer(5) of systemd 252 (Debian 12).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from plimsoll.deployment.site import Site

BOT_MEMORY_MB = 1200
"""A guarded bot was seen to use 460 MB; a strategy with a model takes more."""
BESIDE_MEMORY_MB = 400
"""Of watchdog, exporter and each of the short ones."""
ALL_MEMORY_MB = 2048
STOP_SECONDS = 120
"""A bot that ends cancels its open orders first, each a question to the exchange."""
HANG_SECONDS = 600
"""How long a loop may take before systemd takes the bot for hung; a slow exchange takes minutes."""

CONFINED: Mapping[str, str] = {
    "NoNewPrivileges": "yes",
    "CapabilityBoundingSet": "",
    "AmbientCapabilities": "",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "PrivateMounts": "yes",
    "PrivateUsers": "yes",
    "DevicePolicy": "closed",
    "ProtectKernelTunables": "yes",
    "ProtectKernelModules": "yes",
    "ProtectKernelLogs": "yes",
    "ProtectControlGroups": "yes",
    "ProtectClock": "yes",
    "ProtectHostname": "yes",
    "ProtectProc": "invisible",
    "RestrictNamespaces": "yes",
    "RestrictRealtime": "yes",
    "RestrictSUIDSGID": "yes",
    "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX",
    "LockPersonality": "yes",
    "RemoveIPC": "yes",
    "KeyringMode": "private",
    "SystemCallArchitectures": "native",
    "SystemCallFilter": "@system-service",
    "SystemCallErrorNumber": "EPERM",
    "UMask": "0077",
    "LimitCORE": "0",
}
"""Not among them: MemoryDenyWriteExecute, under which numba cannot compile, and ProcSubset=pid,
under which psutil finds no /proc/stat."""

LOOPBACK_ONLY: Mapping[str, str] = {"IPAddressDeny": "any", "IPAddressAllow": "localhost"}

ENVIRONMENT: Mapping[str, str] = {
    "HOME": "%S/plimsoll",
    "XDG_STATE_HOME": "%S/plimsoll",
    "MPLCONFIGDIR": "%C/plimsoll/matplotlib",
    "NUMBA_CACHE_DIR": "%C/plimsoll/numba",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONUNBUFFERED": "1",
}

DAILY, WEEKLY, MONTHLY, HOURLY = (
    "*-*-* 06:10:00 UTC",
    "Mon *-*-* 06:20:00 UTC",
    "*-*-01 06:30:00 UTC",
    "*-*-* *:40:00 UTC",
)

Rows = list[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service of a site, before it is written as a unit.

    Attributes
    ----------
    role
        What its unit's name ends with.
    says
        Its description.
    words
        The command line, without the folder of the command.
    rows
        Directives of its own, beside those that all share.
    secrets
        The file of the site's secrets that it gets; empty for none.
    calendar
        When a timer starts it; empty for a service that runs on.
    wanted
        Whether the site's target starts it.
    """

    role: str
    says: str
    words: Sequence[str]
    rows: Mapping[str, str]
    secrets: str = ""
    calendar: str = ""
    wanted: bool = True

    @property
    def command(self) -> tuple[str, str]:
        """Program and, for ``plimsoll``, its command: ``("plimsoll", "watch")``."""
        return self.words[0], self.words[1]


def services(site: Site) -> tuple[Service, ...]:
    """Return the services of a site: bot, watchdog, control bot, exporter and the others."""
    beside = {"MemoryMax": f"{BESIDE_MEMORY_MB}M", "TimeoutStopSec": "30"}
    short = {"Type": "oneshot", "TimeoutStartSec": "15min", **beside}
    runs_on = {"Type": "exec", "Restart": "on-failure", "RestartSec": "15", **beside}
    return (
        _bot(site),
        Service(
            role="watch",
            says="watchdog beside the bot",
            words=["plimsoll", "watch", *_watched(site)],
            # A dead watchdog is worse than one that starts too often.
            rows={**runs_on, "Restart": "always"},
            secrets="watch.env",
        ),
        Service(
            role="control",
            says="control bot for the phone",
            words=["plimsoll", "control-bot", *site.bot_words],
            # A person who is away has no other way in.
            rows={**runs_on, "Restart": "always", "RestartPreventExitStatus": "2"},
            secrets="control.env",
        ),
        Service(
            role="exporter",
            says="metrics of the bot",
            words=["plimsoll", "exporter", *_watched(site)],
            rows=runs_on,
            secrets="watch.env",
        ),
        Service(
            role="venue",
            says="simulated exchange, for rehearsals",
            words=[
                *("plimsoll", "venue", "serve", "--port", "8601", "--seed", "7"),
                *("--symbols", "BTC/USDT:USDT,ETH/USDT:USDT,SOL/USDT:USDT,XRP/USDT:USDT"),
                *("--write-config", "user_data/config/venue-local.json"),
            ],
            rows={**runs_on, **LOOPBACK_ONLY},
            wanted=False,
        ),
        Service(
            role="backup",
            says="backup of database and latch",
            words=["plimsoll", "backup", "backups/", "--keep", "48", *site.bot_words],
            rows=short,
            calendar=HOURLY,
        ),
        *(
            Service(
                role=f"digest-{span}",
                says=f"{span} digest",
                words=["plimsoll", "digest", f"--{span}", "--send", *site.bot_words],
                rows=short,
                secrets="watch.env",
                calendar=calendar,
            )
            for span, calendar in (("daily", DAILY), ("weekly", WEEKLY), ("monthly", MONTHLY))
        ),
    )


def units(site: Site, chosen: Iterable[Service] | None = None) -> dict[str, str]:
    """Return the text of each unit file by its name; ``chosen`` are all services by default."""
    chosen = services(site) if chosen is None else tuple(chosen)
    files = {f"{site.name}.slice": _text(_slice(site))}
    started = []
    for one in chosen:
        unit = f"{site.name}-{one.role}"
        files[f"{unit}.service"] = _text(_service(site, one))
        if one.calendar:
            files[f"{unit}.timer"] = _text(_timer(site, one))
        if one.wanted:
            started.append(f"{unit}.timer" if one.calendar else f"{unit}.service")
    files[f"{site.name}.target"] = _text(_target(site, started))
    return dict(sorted(files.items()))


def _bot(site: Site) -> Service:
    return Service(
        role="bot",
        says=f"Freqtrade, {site.strategy}",
        words=["freqtrade", "trade", *site.bot_words, "--strategy", site.strategy],
        rows={
            # Freqtrade tells systemd that it is up, and that its loop goes round.
            "Type": "notify",
            "NotifyAccess": "main",
            "TimeoutStartSec": "10min",
            "WatchdogSec": str(HANG_SECONDS),
            "Environment": "FREQTRADE__INTERNALS__SD_NOTIFY=true",
            "Restart": "on-failure",
            "RestartSec": "15",
            # Of a bot that is told to stop, and of one with wrong words in its command line.
            "SuccessExitStatus": "130",
            "RestartPreventExitStatus": "2",
            "KillSignal": "SIGINT",
            "KillMode": "mixed",
            "TimeoutStopSec": str(STOP_SECONDS),
            "MemoryMax": f"{BOT_MEMORY_MB}M",
            "OOMScoreAdjust": "-500",
        },
        secrets="bot.env",
    )


def _watched(site: Site) -> list[str]:
    layers = [word for layer in (*site.layers, site.watch_layer) for word in ("--config", layer)]
    return ["--userdir", "user_data", *layers, "--db-url", site.db_url]


def _service(site: Site, one: Service) -> Iterator[tuple[str, Rows]]:
    unit: Rows = [
        ("Description", f"{site.name}: {one.says}"),
        ("Documentation", "https://www.freqtrade.io/"),
        ("After", "network-online.target time-sync.target"),
        ("Wants", "network-online.target"),
    ]
    if not one.calendar:
        # Five starts in ten minutes, then a person looks: `systemctl reset-failed`.
        unit += [("StartLimitIntervalSec", "600"), ("StartLimitBurst", "5")]
        unit += [("PartOf", f"{site.name}.target")]
    if one.role == "bot":
        unit += [("After", f"{site.name}-venue.service")]
    yield "Unit", unit
    service: Rows = [
        ("ExecStart", " ".join([str(site.commands / one.words[0]), *one.words[1:]])),
        ("WorkingDirectory", str(site.folder)),
        ("User", site.user),
        ("Group", site.user),
        ("Slice", f"{site.name}.slice"),
    ]
    service += [("Environment", f"{name}={value}") for name, value in ENVIRONMENT.items()]
    if one.secrets:
        service.append(("EnvironmentFile", str(site.secrets / one.secrets)))
    service += one.rows.items()
    service += [
        ("StateDirectory", "plimsoll"),
        ("StateDirectoryMode", "0700"),
        ("CacheDirectory", "plimsoll"),
        ("CacheDirectoryMode", "0700"),
        ("ReadWritePaths", str(site.folder)),
        ("InaccessiblePaths", f"-{site.secrets}"),
        ("TasksMax", "128"),
        *CONFINED.items(),
    ]
    yield "Service", service


def _timer(site: Site, one: Service) -> Iterator[tuple[str, Rows]]:
    yield "Unit", [("Description", f"{site.name}: {one.says}"), ("PartOf", f"{site.name}.target")]
    rows = [("OnCalendar", one.calendar), ("Persistent", "true"), ("RandomizedDelaySec", "60")]
    yield "Timer", rows


def _slice(site: Site) -> Iterator[tuple[str, Rows]]:
    yield "Unit", [("Description", f"{site.name}: all that belongs to the bot")]
    yield (
        "Slice",
        [
            ("MemoryHigh", f"{ALL_MEMORY_MB - 128}M"),
            ("MemoryMax", f"{ALL_MEMORY_MB}M"),
            ("MemorySwapMax", "0"),
            ("CPUQuota", "200%"),
            ("TasksMax", "512"),
        ],
    )


def _target(site: Site, started: Sequence[str]) -> Iterator[tuple[str, Rows]]:
    yield (
        "Unit",
        [("Description", f"{site.name}: bot and what stands beside it")]
        + [("Wants", unit) for unit in started],
    )
    yield "Install", [("WantedBy", "multi-user.target")]


def _text(sections: Iterable[tuple[str, Rows]]) -> str:
    blocks = [
        "\n".join([f"[{name}]", *(f"{key}={value}" for key, value in rows)])
        for name, rows in sections
    ]
    return "# Written by plimsoll deploy systemd; write it again rather than edit it.\n" + (
        "\n\n".join(blocks) + "\n"
    )
