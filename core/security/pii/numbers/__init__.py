"""What is a number or an address of the net: accounts, cards, IBANs, phones, e-mail addresses, identities, births."""
