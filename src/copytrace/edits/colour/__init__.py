"""Edits that change colours and do not move pixels."""
