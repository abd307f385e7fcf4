"""What the site does, apart from how it is asked: each module is one idea."""
