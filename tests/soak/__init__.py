"""A guarded bot with all that stands beside it, hour after simulated hour, and a plain bot."""
