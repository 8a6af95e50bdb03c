"""SL6: caching and data access. Each cache ends, each query is bounded, and each row has an owner."""
