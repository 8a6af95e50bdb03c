"""What a run found, in one module a format: each has ``render(result, context) -> str``."""
