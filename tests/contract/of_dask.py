"""What dask may expect."""
