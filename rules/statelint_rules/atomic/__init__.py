"""SL5: atomic operations. A request does all of its work, or none of it, before it answers."""
