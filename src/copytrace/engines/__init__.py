"""How work is run: in processes with limits."""
