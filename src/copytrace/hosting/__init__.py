"""The challenge site: Django with `models` below `services` below `web` and `worker`.

A web request stores a file and adds a row; a worker checks the file in a limited child process and scores it.
Settings come from the environment: see `environment.SETTINGS` and docs/hosting.md.
"""
