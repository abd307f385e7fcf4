"""Edits that show the image inside something else: a meme, a phone, a browser, a photographed screen."""
