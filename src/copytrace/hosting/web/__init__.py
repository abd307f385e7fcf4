"""The web side of the site: the API, uploads and pages. Nothing here reads an uploaded file."""
