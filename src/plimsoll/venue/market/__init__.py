"""The markets that the exchange serves: synthetic or replayed, with their scenarios."""
