"""All that differs between array libraries."""
