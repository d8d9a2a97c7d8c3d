"""Adapters, tried with the libraries that they adapt to. Each has a session of its own."""
