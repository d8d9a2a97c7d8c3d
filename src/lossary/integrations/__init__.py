"""Losses in the form in which other libraries take them: one module for each."""
