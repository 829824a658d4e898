"""The live stream: bytes -> frames and people; sources, commands to the board, recorder. No Qt."""
