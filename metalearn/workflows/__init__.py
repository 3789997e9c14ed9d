"""What a user asks for, one file each; workflows join the store with the methods."""
