"""What stands behind the data fence: finding the customer's own data in whatever is sent, and putting it back."""
