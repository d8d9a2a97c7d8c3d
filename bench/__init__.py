"""Measurements of the library. The numbers on the accuracy and speed pages come from here."""
