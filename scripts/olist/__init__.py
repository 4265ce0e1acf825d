"""Replaying a directory in the original Olist layout through the HTTP API."""
