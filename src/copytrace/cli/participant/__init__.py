"""The verbs by which a participant deals with a challenge host."""
