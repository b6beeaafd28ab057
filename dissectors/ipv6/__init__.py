"""IPv6 and what carries it: link layers, headers, extension headers, addresses, checksums."""
