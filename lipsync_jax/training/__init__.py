"""What a training run consists of besides networks and losses."""
