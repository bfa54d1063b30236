"""What surrounds the training step: its folder, signals, hosts, watchers."""
