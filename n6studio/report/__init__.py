"""What reports of different stages are made of: charts as SVG, and pages from templates."""
