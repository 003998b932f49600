import Glibc

/// Pushes out what `print` has buffered, for whoever reads our output through a pipe.
func standardOutputFlush() { fflush(nil) }
