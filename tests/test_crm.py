"""The seam: parameters are values, tables are complete, errors say what to do."""

import pandas as pd
import pytest

import salesplan as sp
from salesplan import dimensions
from salesplan.errors import InputError, MissingDataError, UnknownNameError


def test_parameters_are_values_never_sql(crm):
    hostile = "'; DROP TABLE people; --"
    found = crm.query("SELECT count(*) AS n FROM people WHERE name = $name", name=hostile)
    assert found["n"].item() == 0
    assert crm.counts["people"] == 5


def test_every_declared_table_is_there(crm):
    assert list(crm.tables["table_name"]) == [t.name for t in sp.schema.TABLES]
    assert list(crm.table("payroll").columns) == list(sp.schema.table("payroll").names)


def test_a_missing_table_names_the_export(crm):
    with pytest.raises(MissingDataError, match=r"fx_rates.*salesplan\.toml under"):
        crm.require("fx_rates", "people", need="Conversion")
    crm.require("people", need="Anything")
    assert crm.missing("opportunities", "is_tender")
    assert not crm.missing("opportunities", "amount")


def test_frames_with_unknown_or_missing_columns():
    with pytest.raises(InputError, match="Did you mean 'stage'"):
        sp.from_frames(
            {"opportunities": pd.DataFrame({"opportunity_id": [1], "stge": ["a"]})},
            as_of="2026-01-01",
        )
    with pytest.raises(InputError, match="needs the column 'stage'"):
        sp.from_frames({"opportunities": pd.DataFrame({"opportunity_id": [1]})}, as_of="2026-01-01")
    with pytest.raises(UnknownNameError, match="Did you mean 'people'"):
        sp.from_frames({"peple": pd.DataFrame({"person_id": [1]})}, as_of="2026-01-01")


def test_two_people_of_one_name_stay_two():
    people = pd.DataFrame({"person_id": ["a", "b", "c"], "name": ["Kim", "Kim", None]})
    crm = sp.from_frames({"people": people}, as_of="2026-01-01")
    labels = crm.query("SELECT label FROM person_labels ORDER BY person_id")["label"].tolist()
    assert labels == ["Kim (a)", "Kim (b)", "c"]


def test_looking_from_another_day_keeps_the_book(crm):
    earlier = crm.at("2026-06-30")
    assert earlier.as_of.isoformat() == "2026-06-30"
    assert earlier.counts == crm.counts


@pytest.mark.parametrize("by", ["owner", "team", "segment", "country", "product", "channel"])
def test_no_row_drops_out_of_any_dimension(crm, by):
    g = dimensions.grouping(by, "opportunities")
    found = crm.query(
        f"SELECT {g.select} count(*) AS n FROM opportunities AS t {g.joins} "
        f"GROUP BY {g.keys.rstrip(', ')}"
    )
    assert found["n"].sum() == 10
    assert found[by].notna().all()


def test_an_unknown_dimension_names_the_nearest(crm):
    with pytest.raises(UnknownNameError, match="Did you mean 'segment'"):
        dimensions.grouping("segmnt", "opportunities")
    with pytest.raises(InputError, match="twice"):
        dimensions.grouping(["team", "team"], "opportunities")


def test_a_filter_is_a_parameter(crm):
    sql, joins, parameters = dimensions.where({"owner": "Ada Roth' OR 1=1"}, "opportunities")
    found = crm.query(
        f"SELECT count(*) AS n FROM opportunities AS t {joins} WHERE {sql}", **parameters
    )
    assert found["n"].item() == 0
