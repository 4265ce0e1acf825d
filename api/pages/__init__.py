"""The pages people use, as files: served as they were built, at the paths that links name."""
