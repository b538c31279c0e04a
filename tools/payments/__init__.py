"""Money that moves now: transfers, payees, exchange, top-ups and cash."""
