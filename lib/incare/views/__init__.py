"""Pictures, tables and sentences of protected series; they compute nothing."""
