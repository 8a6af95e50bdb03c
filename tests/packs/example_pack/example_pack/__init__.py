"""A rule pack as anybody may publish it."""
