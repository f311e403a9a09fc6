"""Formats that other tools read: one module each, and nothing else in it."""
