"""The layers of packages that N6 Studio runs on, and how they come onto a computer.

*Base* holds what window, live view, virtual board, programming, inspection of .tflite and .onnx, and evaluation need;
*conversion* adds torch, TensorFlow, Ultralytics and onnx2tf; *media* adds PyAV, for streams that OpenCV cannot open or
pass on as they are. This room uses nothing but Python itself, because it works before anything is installed:
``python -m n6studio.layers`` is its process, for the window, the commands, bootstrap.py and the installers.
"""
