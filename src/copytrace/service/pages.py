"""The pages: look up a picture, review matches, try the API. Everything they need comes from here."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(include_in_schema=False)
