"""Networks: Flax modules that know nothing of data, losses or training."""
