"""statelint finds code that makes a Python web service stateful or lets one user reach another user's data."""

__version__ = "0.1.0"
