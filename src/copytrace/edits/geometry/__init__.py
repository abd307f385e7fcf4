"""Edits that move, cut or scale: all of them map straight lines to straight lines."""
