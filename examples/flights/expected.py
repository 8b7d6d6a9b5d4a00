"""What every view of program.sql must hold, computed by pandas from the same tables.

Each view comes as a list of tuples in the order of its columns. Whole numbers are int, text is
str, SQL DECIMAL is Decimal, SQL DOUBLE is float, NULL is None.
"""

from collections.abc import Callable
from decimal import Decimal

import pandas

Tables = dict[str, pandas.DataFrame]

INT, TEXT, DECIMAL, DOUBLE, TIMESTAMP = "int", "text", "decimal", "double", "timestamp"


def _tuples(frame: pandas.DataFrame, columns: dict[str, str]) -> list[tuple]:
    """The rows of ``frame`` with plain Python values of the kinds named in ``columns``."""
    convert = {
        INT: int,
        TEXT: str,
        DECIMAL: lambda value: Decimal(str(value)),
        DOUBLE: float,
        TIMESTAMP: lambda value: str(value).replace(" ", "T"),
    }
    lists = []
    for name, kind in columns.items():
        missing = frame[name].isna().to_numpy()
        values = frame[name].to_list()
        lists.append([None if gone else convert[kind](value) for value, gone in zip(values, missing)])
    return list(zip(*lists))


def _sum(series: pandas.Series):
    """SQL's SUM: NULL, not zero, over nothing."""
    return series.sum(min_count=1)


def _quotient(total: pandas.Series, count: pandas.Series) -> pandas.Series:
    """Exact integer sums divided in floating point, as SQL does; NULL where the count is zero."""
    divisor = count.astype("Float64").where(count > 0)
    return total.astype("Float64") / divisor


def carrier_month_delay(tables: Tables) -> pandas.DataFrame:
    joined = tables["flights"].merge(tables["airlines"], on="carrier").rename(columns={"name": "airline"})
    groups = joined.groupby(["carrier", "airline", "month"])
    result = groups.agg(
        flights=("flight", "size"),
        departed=("dep_time", "count"),
        dep_count=("dep_delay", "count"),
        dep_sum=("dep_delay", _sum),
        arr_count=("arr_delay", "count"),
        arr_sum=("arr_delay", _sum),
    ).reset_index()
    result["cancelled"] = result["flights"] - result["departed"]
    result["mean_dep_delay"] = _quotient(result["dep_sum"], result["dep_count"])
    result["mean_arr_delay"] = _quotient(result["arr_sum"], result["arr_count"])
    return result


def route_delay(tables: Tables) -> pandas.DataFrame:
    return (
        tables["flights"]
        .groupby(["origin", "dest"])
        .agg(
            flights=("flight", "size"),
            arrivals=("arr_delay", "count"),
            sum_arr_delay=("arr_delay", _sum),
            worst_arr_delay=("arr_delay", "max"),
            distance=("distance", "min"),
        )
        .reset_index()
    )


def worst_routes(tables: Tables) -> pandas.DataFrame:
    routes = route_delay(tables)
    routes = routes[routes["arrivals"] >= 100].copy()
    routes["mean_arr_delay"] = _quotient(routes["sum_arr_delay"], routes["arrivals"])
    return routes.sort_values(["mean_arr_delay", "origin", "dest"], ascending=[False, True, True]).head(10)


def flight_weather(tables: Tables) -> pandas.DataFrame:
    weather = tables["weather"][["origin", "time_hour", "temp", "wind_speed", "precip", "visib"]]
    return tables["flights"].merge(weather, on=["origin", "time_hour"])


def delay_by_weather(tables: Tables) -> pandas.DataFrame:
    joined = flight_weather(tables)
    joined["sky"] = (joined["precip"] > 0).map({True: "wet", False: "dry"})
    joined["sight"] = "full"
    joined.loc[joined["visib"] < 10, "sight"] = "medium"
    joined.loc[joined["visib"] < 3, "sight"] = "low"
    joined["is_late"] = (joined["dep_delay"] > 30).fillna(False).astype(int)
    joined["hundredths"] = (joined["precip"] * 100).round().astype(int)
    result = (
        joined.groupby(["origin", "sky", "sight"])
        .agg(
            flights=("flight", "size"),
            late=("is_late", "sum"),
            sum_dep_delay=("dep_delay", _sum),
            coldest=("temp", "min"),
            hundredths=("hundredths", "sum"),
        )
        .reset_index()
    )
    result["sum_precip"] = [Decimal(value) / 100 for value in result["hundredths"].to_list()]
    return result


def flights_without_weather(tables: Tables) -> pandas.DataFrame:
    weather = tables["weather"][["origin", "time_hour"]]
    joined = tables["flights"].merge(weather, on=["origin", "time_hour"], how="left", indicator=True)
    return joined[joined["_merge"] == "left_only"]


def busy_planes(tables: Tables) -> pandas.DataFrame:
    flown = (
        tables["flights"]
        .groupby("tailnum")
        .agg(flights=("flight", "size"), destinations=("dest", "nunique"), miles=("distance", "sum"))
        .reset_index()
    )
    planes = tables["planes"][["tailnum", "manufacturer", "model", "year"]].rename(columns={"year": "built"})
    return flown[flown["flights"] > 300].merge(planes, on="tailnum", how="left")


def destinations(tables: Tables) -> pandas.DataFrame:
    airports = tables["airports"][["faa", "name", "tzone"]]
    return tables["flights"][["dest"]].drop_duplicates().merge(airports, left_on="dest", right_on="faa", how="left")


def airport_traffic(tables: Tables) -> pandas.DataFrame:
    flights = tables["flights"]
    departed = flights[flights["dep_time"].notna()].groupby("origin").size().rename("departures")
    arrived = flights[flights["arr_time"].notna()].groupby("dest").size().rename("arrivals")
    return pandas.concat([departed, arrived], axis=1).fillna(0).rename_axis("faa").reset_index()


# Each view: its columns with their kinds, and the function that computes it.
VIEWS: dict[str, tuple[dict[str, str], Callable[[Tables], pandas.DataFrame]]] = {
    "carrier_month_delay": (
        {
            "carrier": TEXT,
            "airline": TEXT,
            "month": INT,
            "flights": INT,
            "cancelled": INT,
            "mean_dep_delay": DOUBLE,
            "mean_arr_delay": DOUBLE,
        },
        carrier_month_delay,
    ),
    "route_delay": (
        {
            "origin": TEXT,
            "dest": TEXT,
            "flights": INT,
            "arrivals": INT,
            "sum_arr_delay": INT,
            "worst_arr_delay": INT,
            "distance": INT,
        },
        route_delay,
    ),
    "worst_routes": ({"origin": TEXT, "dest": TEXT, "arrivals": INT, "mean_arr_delay": DOUBLE}, worst_routes),
    "flight_weather": (
        {
            "year": INT,
            "month": INT,
            "day": INT,
            "carrier": TEXT,
            "flight": INT,
            "origin": TEXT,
            "dest": TEXT,
            "dep_delay": INT,
            "temp": DECIMAL,
            "wind_speed": DOUBLE,
            "precip": DECIMAL,
            "visib": DECIMAL,
        },
        flight_weather,
    ),
    "delay_by_weather": (
        {
            "origin": TEXT,
            "sky": TEXT,
            "sight": TEXT,
            "flights": INT,
            "late": INT,
            "sum_dep_delay": INT,
            "coldest": DECIMAL,
            "sum_precip": DECIMAL,
        },
        delay_by_weather,
    ),
    "flights_without_weather": (
        {
            "year": INT,
            "month": INT,
            "day": INT,
            "carrier": TEXT,
            "flight": INT,
            "origin": TEXT,
            "time_hour": TIMESTAMP,
        },
        flights_without_weather,
    ),
    "busy_planes": (
        {
            "tailnum": TEXT,
            "manufacturer": TEXT,
            "model": TEXT,
            "built": INT,
            "flights": INT,
            "destinations": INT,
            "miles": INT,
        },
        busy_planes,
    ),
    "destinations": ({"dest": TEXT, "name": TEXT, "tzone": TEXT}, destinations),
    "airport_traffic": ({"faa": TEXT, "departures": INT, "arrivals": INT}, airport_traffic),
}


def view(name: str, tables: Tables) -> list[tuple]:
    """The rows that view ``name`` must hold over ``tables``."""
    columns, compute = VIEWS[name]
    return _tuples(compute(tables), columns)


def found(name: str, records: list[dict]) -> list[tuple]:
    """Rows as a query returned them, in the form of :func:`view`.

    A value of the wrong kind is left as it is, so that it differs. No tolerance is needed
    anywhere: doubles are either input values or quotients of exact integers.
    """
    columns, _ = VIEWS[name]
    return [tuple(_plain(record[column], kind) for column, kind in columns.items()) for record in records]


def _plain(value, kind: str):
    if value is None:
        return None
    if kind == INT and not isinstance(value, (bool, str)) and value == int(value):
        return int(value)
    if kind == DOUBLE and not isinstance(value, (bool, str)):
        return float(value)
    if kind == DECIMAL and not isinstance(value, bool):
        return Decimal(str(value))
    return value
