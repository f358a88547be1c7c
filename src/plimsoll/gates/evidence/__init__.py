"""Readers of recorded evidence: one module a kind."""
