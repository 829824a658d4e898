"""Adding the live stream: what an application's tree allows, what is written into the copy, what the build proves."""
