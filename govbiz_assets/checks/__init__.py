"""Asset checks: what is looked at after the write. What must hold for every row is refused inside the write itself."""
