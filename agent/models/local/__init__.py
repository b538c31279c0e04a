"""`local:PATH[@ADAPTER]`: a model of ours on this machine, in a process beside the server.

`link.py` opens it, `host.py` keeps its process, `lineup.py` says which adapter answers whom, `worker.py` is that
process. Only `worker.py` and what it alone imports (`answering.py`, `decoding.py`, `weights.py`) use torch.
"""
