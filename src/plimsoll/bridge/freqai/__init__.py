"""The bases of FreqAI's strategies and models."""
