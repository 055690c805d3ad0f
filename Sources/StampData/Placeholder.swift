// StampData
