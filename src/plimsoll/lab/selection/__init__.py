"""Which features a model learns from: importance on held-out rows, against shuffled copies."""
