"""SL2: objects that serve more than one request."""
