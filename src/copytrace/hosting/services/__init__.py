"""What the site does, independent of the API and the pages: one idea per module."""
