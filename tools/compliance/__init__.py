"""What the law asks of a bank about whom it serves: screening against lists (``screening``), and what other packages
here add. Nothing of it is a tool: no model is offered any of it, and no customer's transaction can read it."""
