"""The memory as a static site: an overview, a page a task, a page an algorithm, CSV beside."""
