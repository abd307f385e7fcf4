"""Finds the edited copies of images, and runs the challenge that proves how well it finds them."""

__version__ = "0.1.0"
