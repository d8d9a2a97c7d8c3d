"""What TensorFlow may expect."""
