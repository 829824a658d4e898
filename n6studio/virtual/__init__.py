"""What plays a board on this computer: processes of their own that run the .tflite and speak the wire format."""
