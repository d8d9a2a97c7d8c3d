"""Losses between vectors, and between distances."""
