"""What every run of the script begins with: who is this? A login form, or their pages."""

from server import frame

frame.show()
