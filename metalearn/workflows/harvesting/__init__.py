"""The parts of a harvest: what the store knows, what an interrupted run left, what is loaded."""
