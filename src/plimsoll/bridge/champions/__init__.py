"""Champion and challenger of a running bot: their files, their state, and their news."""
