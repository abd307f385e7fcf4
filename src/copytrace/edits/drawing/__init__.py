"""What the edits draw: text, shapes, logos, screens and backgrounds, all made by the project."""
