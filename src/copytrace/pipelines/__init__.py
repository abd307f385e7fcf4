"""Combines the parts of copytrace; no other package may."""
