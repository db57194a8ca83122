"""Health of children in care."""
