"""Edits that bend the image."""
