"""Negative log-likelihoods of distributions whose parameters are predicted."""
