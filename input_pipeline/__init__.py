"""Media in, records on disk, batches out. Knows nothing of JAX models."""
