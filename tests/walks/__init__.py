"""Search and walk-forward of shipped strategies on real data, beside Freqtrade's own command."""
