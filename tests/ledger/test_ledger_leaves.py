import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from regency.ledger.leaves import Leaves
from regency.ledger.merkle import leaf_hash


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 1100), st.data())
def test_roots_of_all_sizes_are_those_of_an_independent_implementation(size, data):
    oracle, leaves = InmemoryTree(algorithm="sha256"), Leaves()
    for number in range(size):
        oracle.append_entry(b"%d" % number)
        leaves.append(leaf_hash(b"%d" % number))
    assert leaves.size == size
    assert leaves.root() == oracle.get_root()
    early = data.draw(st.integers(1, size))
    assert leaves.root(early) == oracle.get_root(early)
    place = data.draw(st.integers(0, size - 1))
    leaves.replace(place, leaf_hash(b"other"))
    assert leaves.root() != oracle.get_root()
    leaves.replace(place, leaf_hash(b"%d" % place))
    assert leaves.root() == oracle.get_root()


def test_no_leaf_and_too_many():
    nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert Leaves().root().hex() == nothing
    with pytest.raises(IndexError):
        Leaves().root(1)
