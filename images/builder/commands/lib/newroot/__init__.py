"""What the commands of a builder image share: assembling a root filesystem from RPM packages."""
