extension Network {
    /// The length of the second input; 0 where there is none.
    public var featureCount: Int { 0 }
    /// Values that a sample has.
    public var sampleValues: Int { inputShape.count + featureCount }
}
