"""What statelint knows about frameworks and libraries, as data: one TOML file a library, and its loader."""
