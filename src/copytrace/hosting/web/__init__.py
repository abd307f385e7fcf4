"""How the site is asked: the API, uploads and the admin pages. Nothing here reads an uploaded file."""
