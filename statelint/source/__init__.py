"""Which files to read, their text, lines and suppression comments."""
