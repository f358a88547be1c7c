"""Free ports of loopback."""

import random
import socket

BELOW_EPHEMERAL = range(20_000, 32_000)
"""Where no system takes the near end of a connection from: nobody gets a port by chance before the
program that it is meant for listens, which may take it many seconds."""


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on now."""
    for port in random.SystemRandom().sample(BELOW_EPHEMERAL, 100):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("expected a free port of loopback, found none")
