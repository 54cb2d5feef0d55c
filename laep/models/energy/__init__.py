"""What homes and cars use, what sun and wind make."""
