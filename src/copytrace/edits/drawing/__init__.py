"""Drawings for the edits: text, shapes, logos, screens and backgrounds, all made by the project."""
