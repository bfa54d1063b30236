"""What a preparation says of itself: one HTML page."""
