"""What goes around the training loop."""
