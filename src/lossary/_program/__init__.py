"""The steps that programs are made of: what is known of a call, and what is done with its arrays."""
