"""What `regency status` tells of the search."""

from regency.propose.mutate.account import Outcome, account


def notes(op, site, *, many=1, by="mutate", arm="best"):
    return {"by": by, "arm": arm, "hunks": [{"op": op, "site": site}] * many}


def test_outcomes_are_counted_by_operator_site_and_way():
    found = account(
        [
            Outcome(notes("scale", "a"), 3.0, nominated=True, promoted=True),
            Outcome(notes("scale", "a"), -1.0, nominated=False, promoted=False),
            Outcome(notes("scale", "b"), None, nominated=False, promoted=False),
            Outcome(notes("scale", "a", many=2, arm="joint"), 0.0, nominated=False, promoted=False),
            Outcome(notes("x", "x", by="another"), 9.0, nominated=True, promoted=True),
        ],
        noise_sd=1.0,
    )
    scale, several = found["operators"]
    assert (scale["name"], scale["tried"], scale["invalid"]) == ("scale", 3, 1)
    assert (scale["nominated"], scale["promoted"], scale["mean_gain"]) == (1, 1, 1.0)
    assert (several["name"], several["tried"]) == ("several edits", 1)
    assert {row["name"]: row["tried"] for row in found["sites"]} == {"a": 2, "b": 1}
    assert {row["name"] for row in found["ways"]} == {"best", "joint"}


def test_chances_shrink_towards_all_edits():
    paid = [Outcome(notes("scale", "a"), 5.0, nominated=False, promoted=False)] * 8
    failed = [Outcome(notes("flip", "b"), -5.0, nominated=False, promoted=False)] * 8
    once = [Outcome(notes("swap", "c"), -5.0, nominated=False, promoted=False)]
    chance = {r["name"]: r["chance"] for r in account([*paid, *failed, *once], 1.0)["operators"]}
    assert chance["scale"] > 0.8
    assert chance["flip"] < chance["swap"] < 0.5
    assert account([], 1.0) == {"operators": [], "sites": [], "ways": []}
