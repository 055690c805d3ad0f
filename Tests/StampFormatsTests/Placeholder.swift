// StampFormats
