"""Questions that are not an ORM's: SQL text, documents and vectors, and the tables known only from them."""
