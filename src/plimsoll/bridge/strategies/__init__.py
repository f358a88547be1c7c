"""The bases of strategies."""
