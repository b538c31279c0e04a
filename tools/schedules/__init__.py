"""Money that moves later: scheduled payments, standing orders, and the worker that makes them."""
