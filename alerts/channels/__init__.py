"""Ways a notification reaches people, one file each."""
