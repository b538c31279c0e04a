"""Load on a server that runs somewhere: docs/deploy.md. What costs how much in one process is measured in
``evals/bench``."""
