"""`recording_program.py URL SPOOL FIRST`: record experiences and print each id after its return."""

import itertools
import sys

from ratchet_client import Ratchet

if __name__ == "__main__":
    url, spool, first = sys.argv[1:]
    client = Ratchet(url, spool=spool, linger_s=0.0)
    for number in itertools.count(int(first)):
        query_id = client.record(query_id=f"q-{number}", transcript="What is the power of pump 1?")
        print(query_id, flush=True)
