(declare-const x Real [inf, inf])
