"""Tables named by the user: a file, a folder, an index, or a data set of OpenML."""
