"""``make calibrate``: how often the sandbox gate opens, and the page that says so."""
