"""What nobody should type into a chat."""
