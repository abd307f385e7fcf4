"""Edits that lose detail: lossy formats, blur, grain, mosaics."""
