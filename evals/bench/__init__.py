"""What serving costs: the server under load next to a bare reference and a bare proxy of the same fake model."""
