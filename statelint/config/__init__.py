"""Settings: their types, where they are found, and how mistakes in them are explained."""
