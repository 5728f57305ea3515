import pytest

from regency.store import queries

PER_CANDIDATE = [
    "_one_candidate",
    "_children",
    "_best",
    "_last_of_kind",
    "_one_trial",
    "_trials",
    "_judged",
    "_open",
    "_next_index",
    "_promotions",
    "_decisions",
    "_last_number",
    "_last_seq",
]


@pytest.mark.parametrize("name", PER_CANDIDATE)
def test_what_is_asked_for_every_candidate_scans_no_table(lab, name):
    query = getattr(queries, name).compile(lab.store._engine)
    values = tuple(1 for _ in query.positiontup)
    with lab.store._engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", values).all()
    assert plan
    assert not [row[3] for row in plan if "SCAN" in row[3]]
