"""The model as users run it: ONNX on the CPU, no torch."""
