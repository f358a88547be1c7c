"""The decision log: what a bot decided and why, written, recovered, checked and explained."""
