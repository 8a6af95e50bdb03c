"""Runs a check from end to end: discovery, extraction in processes, analysis, rules."""
