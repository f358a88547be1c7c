"""The image, built and run without a container engine's daemon and without a registry."""
