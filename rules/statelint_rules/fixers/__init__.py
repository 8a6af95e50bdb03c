"""Fixers: one module each, which rules name as their ``fixer``."""
