"""Hyperparameters; `python -m lipsync_jax.main --config=configs/X.py`."""
