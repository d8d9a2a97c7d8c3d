"""What torch may expect."""
