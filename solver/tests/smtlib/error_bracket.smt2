(declare-const x Real [0, 1)
