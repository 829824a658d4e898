"""STM32CubeProgrammer and the signing tool: driven as command line programs."""
