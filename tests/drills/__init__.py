"""Drills of the risk kit: the real bot, the simulated exchange, and every switch thrown."""
