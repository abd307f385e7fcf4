"""Edits that put the image together with other photographs."""
