"""The append-only Merkle log: entries, tree, proofs, keys."""
