"""The only place where the parts of copytrace meet."""
