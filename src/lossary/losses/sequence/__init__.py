"""Losses of sequences."""
