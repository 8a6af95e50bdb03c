"""What a term stands for: modules, classes, functions and instances, across files.

Inference is demand-driven and memoised. It answers with every value that assignments, annotations, dependencies and
return statements suggest, or with nothing; it never guesses.
"""

from statelint.analysis.inference.base import Values, unique
from statelint.analysis.inference.terms import Inference

__all__ = ["Inference", "Values", "unique"]
