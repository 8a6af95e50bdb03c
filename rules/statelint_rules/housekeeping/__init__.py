"""SL0: suppression comments and files that cannot be analysed."""
