"""What a TPU would make of a config, read from its programs; none is needed."""
