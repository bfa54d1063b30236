"""Measures: arrays in, numbers out, no network and no file."""
