/// A first-in, first-out queue that lets go of each element when it is taken.
struct FIFO<Element> {
  private var storage: [Element?] = []
  private var head = 0

  var count: Int { storage.count - head }
  var isEmpty: Bool { head == storage.count }
  var first: Element? { isEmpty ? nil : storage[head] }

  /// All elements, oldest first.
  var elements: [Element] { storage[head...].compactMap { $0 } }

  mutating func append(_ element: Element) {
    storage.append(element)
  }

  mutating func removeFirst() -> Element? {
    guard head < storage.count else { return nil }
    defer {
      storage[head] = nil
      head += 1
      // Moving half of the elements after as many were taken is one move for each, over time.
      if head > 32 && head * 2 >= storage.count {
        storage.removeFirst(head)
        head = 0
      }
    }
    return storage[head]
  }

  mutating func removeAll() {
    storage = []
    head = 0
  }
}
