"""What may be expected on NumPy, where lossary differentiates by itself."""
