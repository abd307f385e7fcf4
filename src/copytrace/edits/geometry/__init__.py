"""Edits that move, cut or scale: all map straight lines to straight lines."""
