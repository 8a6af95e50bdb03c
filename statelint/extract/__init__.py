"""From one file's text to its facts: a pure function, so that its result can be cached by content."""
