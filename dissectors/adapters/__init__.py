"""Other libraries' packets, derived from the same declarations; nothing here is imported unless asked for."""
