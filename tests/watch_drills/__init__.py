"""Drills of the watchdog with real processes: ``make watch-drills``."""
