"""The kill sweep: a bot that trades the simulated exchange live is killed at drawn moments."""
