"""Education of children in care."""
