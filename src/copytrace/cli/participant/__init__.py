"""The verbs of a participant in a challenge."""
