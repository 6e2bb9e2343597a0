(declare-const x Real)
(declare-fun x () Int)
