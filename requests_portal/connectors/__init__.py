"""What this app reaches outside the house by itself."""
