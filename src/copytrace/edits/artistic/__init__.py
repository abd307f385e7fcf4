"""Edits that make the image look drawn or painted."""
