"""How mail leaves. Every transport answers for each letter it took, in one vocabulary; none knows the ledger."""
