"""The strategy that the drill matrix trades; Freqtrade loads it as a file."""
