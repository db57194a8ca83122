"""Offending by children in care."""
