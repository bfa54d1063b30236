"""What watches over a training run."""
