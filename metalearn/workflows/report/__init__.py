"""What the memory holds, as small frozen results for its pages."""
