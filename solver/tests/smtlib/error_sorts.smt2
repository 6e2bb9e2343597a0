(declare-const x Real)
(assert (and x true))
