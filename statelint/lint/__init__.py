"""Rules, findings, suppressions, and how they are run over an analysed project."""
