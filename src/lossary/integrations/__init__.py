"""Adapters that give losses the interface other libraries expect: one module per library."""
