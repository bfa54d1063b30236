"""Sweeps as W&B describes them, run on this machine alone."""
