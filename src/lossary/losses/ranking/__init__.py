"""Losses of lists of items."""
