"""Scale and peers: what a large province costs, beside a hand-written script and Spark. Never part of the tests."""
