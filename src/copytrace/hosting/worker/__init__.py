"""Does what waits in the queue: checks and scores each file in a child process of its own."""
