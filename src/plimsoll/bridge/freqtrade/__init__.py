"""Every intervention in Freqtrade: one module, one reason."""
