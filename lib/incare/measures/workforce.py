"""Personal advisers and social workers: how many young people each works with, and how often they change."""
