"""Measurements of the library: what its pages state about accuracy comes from here."""
