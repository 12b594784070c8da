/// What a sensor measured at one moment, in integers: no floating point on the chip.
public struct Measurement: Equatable {
  /// The temperature in thousandths of a degree Celsius.
  public var temperatureMillidegrees: Int32
  /// The relative humidity in thousandths of a percent; nil where the sensor measures none.
  public var humidityMillipercent: Int32?

  /// A measurement of `temperatureMillidegrees`, and of `humidityMillipercent` where the sensor has it.
  public init(temperatureMillidegrees: Int32, humidityMillipercent: Int32?) {
    self.temperatureMillidegrees = temperatureMillidegrees
    self.humidityMillipercent = humidityMillipercent
  }
}
