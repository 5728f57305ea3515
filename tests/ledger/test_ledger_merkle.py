import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from regency.errors import LedgerError
from regency.ledger.merkle import (
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_key,
    peak_keys,
    verify_consistency,
    verify_inclusion,
)

# Inputs and roots of the certificate-transparency reference implementation.
INPUTS = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


class Tree:
    def __init__(self, leaves):
        self.frontier, self.nodes, self.roots = Frontier(), {}, []
        self.leaves = [leaf_hash(leaf) for leaf in leaves]
        for leaf in self.leaves:
            self.roots.append(self.frontier.root())
            self.nodes.update(self.frontier.append(leaf))
        self.roots.append(self.frontier.root())

    def fetch(self, keys):
        return {key: self.nodes[key] for key in keys if key in self.nodes}


def numbered(size):
    return [b"%d" % number for number in range(size)]


def test_roots_of_certificate_transparency():
    tree = Tree([bytes.fromhex(text) for text in INPUTS])
    assert [root.hex() for root in tree.roots] == [EMPTY, *ROOTS]


def test_roots_and_proofs_are_those_of_pymerkle():
    leaves = numbered(40)
    tree, oracle = Tree(leaves), InmemoryTree(algorithm="sha256")
    for leaf in leaves:
        oracle.append_entry(leaf)
    for size in range(1, 41):
        assert tree.roots[size] == oracle.get_root(size)
        for index in range(size):
            ours = inclusion_proof(index, size, tree.fetch)
            theirs = oracle.prove_inclusion(index + 1, size).serialize()["path"]
            assert [step.hex() for step in ours] == theirs[1:]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 21])
def test_every_inclusion_proof_holds_and_only_for_its_leaf(size):
    tree = Tree(numbered(size))
    for index in range(size):
        proof, root = inclusion_proof(index, size, tree.fetch), tree.roots[size]
        for other in range(size + 1):
            leaf = tree.leaves[index]
            assert verify_inclusion(leaf, other, size, proof, root) == (other == index)
        assert not verify_inclusion(leaf_hash(b"x"), index, size, proof, root)
        assert not verify_inclusion(tree.leaves[index], index, size, [*proof, root], root)
        assert not proof or not verify_inclusion(tree.leaves[index], index, size, proof[1:], root)


@given(st.integers(0, 70), st.integers(0, 70), st.data())
def test_consistency_proofs_hold_and_changed_ones_do_not(one, other, data):
    old, size = sorted((one, other))
    tree = Tree(numbered(size))
    proof = consistency_proof(old, size, tree.fetch)
    assert verify_consistency(old, size, tree.roots[old], tree.roots[size], proof)
    wrong = hashlib.sha256(b"wrong").digest()
    assert not verify_consistency(old, size, wrong, tree.roots[size], proof)
    assert not verify_consistency(old, size, tree.roots[old], wrong, proof) or old == 0
    assert not verify_consistency(old, size, tree.roots[old], tree.roots[size], [*proof, wrong])
    if proof:
        place = data.draw(st.integers(0, len(proof) - 1))
        bad = [wrong if at == place else step for at, step in enumerate(proof)]
        assert not verify_consistency(old, size, tree.roots[old], tree.roots[size], bad)
        assert not verify_consistency(old, size, tree.roots[old], tree.roots[size], proof[1:])


def test_a_rewritten_history_is_not_consistent():
    honest, forged = Tree(numbered(20)), Tree([b"forged", *numbered(20)[1:]])
    proof = consistency_proof(11, 20, forged.fetch)
    assert not verify_consistency(11, 20, honest.roots[11], forged.roots[20], proof)


def test_appending_writes_about_two_nodes_and_continues_from_stored_peaks():
    tree = Tree(numbered(100))
    assert len(tree.nodes) == 2 * 100 - (100).bit_count()
    for size in range(101):
        peaks = [tree.nodes[key] for key in peak_keys(0, size)]
        assert Frontier(size, peaks).root() == tree.roots[size]


def test_node_numbers_are_unique():
    keys = [node_key(level, place) for level in range(6) for place in range(1 << (6 - level))]
    assert len(keys) == len(set(keys))


def test_missing_entries_and_nodes_are_named():
    tree = Tree(numbered(5))
    with pytest.raises(LedgerError, match="no entry 5"):
        inclusion_proof(5, 5, tree.fetch)
    with pytest.raises(LedgerError, match="cannot extend"):
        consistency_proof(6, 5, tree.fetch)
    with pytest.raises(LedgerError, match="is missing"):
        inclusion_proof(2, 5, lambda _: {})
    with pytest.raises(LedgerError, match="damaged"):
        Frontier(5, [b""])
