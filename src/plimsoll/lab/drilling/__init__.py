"""The drill matrix: each guard tripped from outside, under each fault, with a certificate."""
