"""Fixed sets of words in facts. Typed so, the decoder makes each word once for all facts instead of once for each."""

from typing import Literal, TypeAlias

ConditionKind: TypeAlias = Literal["always", "if", "guard", "call-guard", "loop", "try", "except", "with", "assert"]
EventOp: TypeAlias = Literal["call", "write", "return", "yield", "raise", "global", "await", "finally"]
How: TypeAlias = Literal[
    "=", ":", "for", "with", "del",
    "+=", "-=", "*=", "/=", "//=", "%=", "**=", "@=", "&=", "|=", "^=", "<<=", ">>=",
]  # fmt: skip
"""How something is assigned."""
Dropping: TypeAlias = Literal["pass", "continue", "return"]
"""What a handler that drops the error does instead."""
ParameterKind: TypeAlias = Literal["positional", "keyword", "*", "**"]
ConstKind: TypeAlias = Literal["str", "int", "float", "bigint", "bool", "NoneType", "bytes", "complex", "ellipsis"]
SequenceKind: TypeAlias = Literal["list", "set", "tuple", "slice"]
ComprehensionKind: TypeAlias = Literal["list", "set", "dict", "generator"]
BinaryOp: TypeAlias = Literal["+", "-", "*", "/", "//", "%", "**", "@", "&", "|", "^", "<<", ">>"]
CompareOp: TypeAlias = Literal["==", "!=", "<", "<=", ">", ">=", "is", "is not", "in", "not in"]
LogicOp: TypeAlias = Literal["and", "or"]
UnaryOp: TypeAlias = Literal["~", "-", "+"]
