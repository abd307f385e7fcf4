"""Works through the queue: checks and scores each file in its own child process."""
