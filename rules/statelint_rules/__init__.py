"""statelint's own rule book: one module and one page a rule, by family."""
