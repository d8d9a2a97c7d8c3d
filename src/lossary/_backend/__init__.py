"""Everything that differs between array libraries."""
