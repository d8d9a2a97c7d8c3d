"""The steps of programs: planning a call without its values, then processing its arrays."""
