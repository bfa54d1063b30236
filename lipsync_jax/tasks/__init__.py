"""Tasks: networks and losses of one model family behind one interface."""
