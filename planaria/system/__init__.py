"""What commands ask of the operating system: an end, processes, and that nothing outlives them."""
