"""What the product tells those who watch it: one seam, and the observers that it is told to."""
