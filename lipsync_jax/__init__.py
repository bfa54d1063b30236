"""Audio-driven lip-sync in JAX."""

__version__ = '0.1.0'
