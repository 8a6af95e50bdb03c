"""Why a query is safe: each query is judged by looking for a proof that it stays with the caller's own rows."""

from statelint.analysis.proofs.judge import Judge
from statelint.analysis.proofs.made import Made
from statelint.analysis.proofs.verdict import Proof, Verdict

__all__ = ["Judge", "Made", "Proof", "Verdict"]
