"""The flights example, as its README says, on all rows."""

import run as flights
from weirkeeper_server import Server


def test_every_view_over_all_flights_equals_pandas_before_and_after_corrections(server: Server):
    assert flights.main(["--url", server.url]) == 0
