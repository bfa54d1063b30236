"""Footage to a data set: decoding, tracks, sync, selection, shards."""
