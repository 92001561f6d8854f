/// Which of the numbers 0, 1, 2, … have arrived, and whether each came once and in order.
struct SequenceLedger {
    private(set) var duplicates = 0
    private(set) var reordered = 0
    private var next = 0
    private var words: [UInt64] = []

    /// Books one number; false where it had arrived before.
    mutating func arrived(_ number: Int) -> Bool {
        let (word, bit) = (number >> 6, UInt64(1) << UInt64(number & 63))
        while self.words.count <= word { self.words.append(0) }
        guard self.words[word] & bit == 0 else {
            self.duplicates += 1
            return false
        }
        self.words[word] |= bit
        if number < self.next { self.reordered += 1 } else { self.next = number + 1 }
        return true
    }

    /// How many of `numbers` have not arrived.
    func missing(in numbers: Range<Int>) -> Int {
        numbers.count { number in
            let word = number >> 6
            return word >= self.words.count || self.words[word] & (1 << UInt64(number & 63)) == 0
        }
    }
}
