// RunRecords
