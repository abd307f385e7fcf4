"""Edits that combine the image with other photographs."""
