"""Edits that cover parts of the image and leave the rest in place."""
