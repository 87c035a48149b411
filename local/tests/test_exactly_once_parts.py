"""The parts of the suite `exactly_once`: its proxy, its journal, its report, and the share of a campaign."""

from __future__ import annotations

import http.client
import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from exactly_once import faults, report
from exactly_once.campaign import Plan
from exactly_once.exceptions import VerifyError
from exactly_once.journal import Journal
from exactly_once.oracle import Findings
from exactly_once.proxy import Proxy, Trap
from exactly_once.scene import SINKS
from exactly_once.sequence import Outcome

COMMIT = {"X-Amz-Target": "AWSGlue.UpdateTable"}
BODY = json.dumps({"DatabaseName": "bronze", "TableInput": {"Name": "events"}})


class Server(http.server.BaseHTTPRequestHandler):
    """Answers with what it was sent, and keeps it."""

    protocol_version = "HTTP/1.1"
    received: list[bytes]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.received.append(body)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def served() -> Iterator[tuple[Proxy, list[bytes]]]:
    """A proxy before a server, and what that receives."""
    received: list[bytes] = []
    handler = type("Keeping", (Server,), {"received": received})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    proxy = Proxy(server.server_address[1])
    try:
        yield proxy, received
    finally:
        proxy.close()
        server.shutdown()
        server.server_close()


def _connection(proxy: Proxy) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=10)


def _post(connection: http.client.HTTPConnection, body: str = BODY, commit: bool = True) -> tuple[int, str]:
    connection.request("POST", "/", body, COMMIT if commit else {})
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def test_requests_of_one_connection_go_through(served: tuple[Proxy, list[bytes]]) -> None:
    connection = _connection(served[0])

    assert [_post(connection, "x" * size, commit=False) for size in (1, 200_000)] == [(200, "x"), (200, "x" * 200_000)]


def test_commit_whose_answer_is_lost_arrives(served: tuple[Proxy, list[bytes]]) -> None:
    proxy, received = served
    with proxy.trapping(Trap("bronze", "events", passes=1)) as trap:
        connection = _connection(proxy)
        assert _post(connection)[0] == 200
        with pytest.raises(http.client.RemoteDisconnected):
            _post(connection)

    assert trap.sprung.is_set()
    assert len(received) == 2


def test_commit_of_another_table_is_not_trapped(served: tuple[Proxy, list[bytes]]) -> None:
    with served[0].trapping(Trap("silver", "events")) as trap:
        assert _post(_connection(served[0]))[0] == 200

    assert not trap.sprung.is_set()


def test_commit_that_is_held_arrives_when_it_is_released(served: tuple[Proxy, list[bytes]]) -> None:
    proxy, received = served
    answers: list[tuple[int, str]] = []
    with proxy.trapping(Trap("bronze", "events", holds=True)) as trap:
        sender = threading.Thread(target=lambda: answers.append(_post(_connection(proxy))))
        sender.start()
        assert trap.sprung.wait(10)
        assert _post(_connection(proxy), "another", commit=False) == (200, "another")
        assert received == [b"another"]
    sender.join(10)

    assert answers == [(200, BODY)]


def test_refused_requests_do_not_arrive_and_later_ones_do(served: tuple[Proxy, list[bytes]]) -> None:
    proxy, received = served
    with proxy.refusing():
        assert _post(_connection(proxy))[0] == 503

    assert received == []
    assert _post(_connection(proxy))[0] == 200


def _outcome(fault: str, lost: int = 0) -> Outcome:
    return Outcome(fault, 1.5, Findings(lost=lost, others=("a branch",) if lost else ()))


def test_campaign_goes_on_after_the_last_seed_that_came_to_its_end(tmp_path: Path) -> None:
    file = tmp_path / "journal"
    first = Journal(file)
    first.begin("merge", 1)
    first.add("merge", 1, _outcome("a kill"))
    first.end("merge", 1)
    first.begin("merge", 2)
    first.add("merge", 2, _outcome("a kill", lost=3))

    again = Journal(file)
    assert (again.has("merge", 1), again.has("merge", 2)) == (True, False)
    again.begin("merge", 2)
    again.add("merge", 2, _outcome("a kill", lost=1))
    again.end("merge", 2)

    assert [entry.outcome.findings.lost for entry in Journal(file).entries()] == [0, 1]


def test_journal_that_is_none_is_told_by_its_line(tmp_path: Path) -> None:
    file = tmp_path / "journal"
    file.write_text('{"begin": 1, "sink": "merge"}\nnothing\n')

    with pytest.raises(VerifyError, match="'--journal, line 2' must be an entry of this suite, got \"nothing\""):
        Journal(file)


def test_report_takes_its_place_in_a_page_and_lists_each_fault(tmp_path: Path) -> None:
    journal = Journal()
    for seed, lost in ((1, 0), (2, 3)):
        journal.begin("merge", seed)
        journal.add("merge", seed, _outcome("commits/<n> deleted", lost))
        journal.end("merge", seed)
    page = tmp_path / "page.md"
    page.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n")

    report.write(report.rows_of(journal.entries()), page)

    text = page.read_text()
    assert "| merge | commits/&lt;n> deleted | 2 | 3 | 0 | 1 | 1.5 |" in text
    assert "2 seeds of merge: 2 faults, 3 records lost, 0 doubled." in text
    assert "old" not in text
    assert (text[:6], text[-6:]) == ("before", "after\n")
    [row] = json.loads(page.with_suffix(".json").read_text())
    assert (row["seeds"], row["lost"], row["others"]) == ([1, 2], 3, ["a branch"])


def test_shares_of_a_campaign_are_all_of_it_and_nothing_twice() -> None:
    whole = [(run.seed, run.sink.name) for run in Plan(3, ("append", "merge")).runs()]
    shares = [
        [(run.seed, run.sink.name) for run in Plan(3, ("append", "merge"), shard=(index, 4)).runs()]
        for index in range(1, 5)
    ]

    assert len(whole) == 6
    assert sorted(pair for share in shares for pair in share) == sorted(whole)


def test_sink_has_the_faults_of_its_tables_and_of_what_takes_its_commits() -> None:
    names = {sink: {fault.name for fault in faults.of(SINKS[sink])} for sink in SINKS}

    assert names["merge"] - names["append"] == {name for name in names["merge"] if "silver" in name}
    assert names["merge"] - names["delta"] == {"commit answer lost", "zombie whose commit is held by the network"}
    assert names["delta"] <= names["merge"]
