"""The API for platform desks and other systems."""
