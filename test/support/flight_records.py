"""The records that the producer of flight events sends up to a moment, one JSON object a line: its kind and its payload."""

from __future__ import annotations

import sys

import pandas as pd
from data import tables
from data.events import Topic, sent_between
from data.source import read

until = pd.Timestamp(sys.argv[1])
sent = sent_between(read(tables.FLIGHTS), read(tables.AIRPORTS), Topic.read(), (None, until))
sys.stdout.write(sent[["kind", "payload"]].to_json(orient="records", lines=True))
