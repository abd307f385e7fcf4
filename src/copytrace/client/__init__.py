"""Talks to a challenge host."""
