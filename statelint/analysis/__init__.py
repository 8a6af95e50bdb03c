"""From the facts of all files to the analysed project: names, types, calls, reach, lifetimes, ownership, proofs."""
