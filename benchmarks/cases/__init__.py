"""What the benchmarks measure: our calls, torchvision's, and the process that times them."""
