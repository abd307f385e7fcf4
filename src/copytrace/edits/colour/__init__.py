"""Edits that change colours and leave every pixel in its place."""
