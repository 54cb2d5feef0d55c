"""Where the place is: its boundary, nation, licence area and zones."""
