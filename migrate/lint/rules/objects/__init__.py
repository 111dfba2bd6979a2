"""Rules over what the Applications render."""
