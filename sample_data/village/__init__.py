"""An invented village, laid out by hand-drawn streets and seeded chance, with the truth about it kept beside it."""
