"""One graph: built from equations, differentiated in reverse, ordered."""
