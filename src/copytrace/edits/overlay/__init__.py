"""Edits that lay something over the image and leave what is left of it in its place."""
